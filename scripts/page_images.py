"""Screenshots of the dashboard: real pages of a real installation, seen by Chromium; writes docs/images/*.webp."""

import io
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser_server import served
from browser_visit import chromium, log_in, visiting
from cli_world import World, until
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from shots import IMAGES, MOST, SHOTS

from runner.model.notify.consumer import consumer_of

CONFIG = """\
approvals: {author_may_approve: true}
web: {access: [{role: admin, subjects: ["token:ana"], stacks: ["**"]}]}
notifications:
  - {name: chat, to: [/bin/true], at_most: 10/h}
  - {name: on-call, to: "https://${env:HOOK}@hooks.example.com/", match: {labels: {env: prod}}, topics: ["run.*", "drift.*"]}
  - {name: mornings, to: [/bin/true], topics: ["drift.*"], digest: "0 7 * * mon-fri"}
"""
MODULE = """\
locals {{
  wanted = jsondecode(file("{cloud}"))
}}
resource "terraform_data" "{name}" {{
  for_each = local.wanted
  input    = each.value
}}
output "names" {{ value = keys(local.wanted) }}
"""
# stack -> labels and dependencies, what its code wants at first, what it wants later or what somebody changes by hand.
NETWORK = '{"public": {"cidr": "10.0.0.0/20", "zone": "eu-central-1a"}, "private": {"cidr": "10.0.16.0/20", "zone": "eu-central-1b"}}'
SERVICE = '{"service": {"image": "registry.example.com/NAME:1.8.2", "replicas": 3, "memory": "512Mi"}}'
OPENED = '{"https": {"port": 443, "from": "0.0.0.0/0"}, "ssh": {"port": 22, "from": "0.0.0.0/0"}}'
STACKS = {
    "network/vpc": ("{env: prod, team: platform}", "", NETWORK),
    "network/dns": (
        "{env: prod, team: platform}",
        "network/vpc",
        '{"zone": {"name": "shop.example.com", "ttl": 300}}',
    ),
    "network/firewall": ("{env: prod, team: platform}", "network/vpc", OPENED),
    "shop/web": ("{env: prod, team: shop}", "network/vpc, network/dns", SERVICE),
    "shop/api": ("{env: prod, team: shop}", "network/vpc", SERVICE),
    "shop/payments": ("{env: prod, team: payments}", "network/vpc, shop/api", SERVICE),
    "shop/search": ("{env: prod, team: shop}", "shop/api", SERVICE),
    "data/warehouse": (
        "{env: prod, team: data}",
        "network/vpc",
        '{"cluster": {"nodes": 4, "size": "large"}}',
    ),
    "data/reports": ("{env: prod, team: data}", "data/warehouse", SERVICE),
    "staging/web": ("{env: staging, team: shop}", "", SERVICE),
    "staging/api": ("{env: staging, team: shop}", "", SERVICE),
}
# The firewall begins as somebody opened it by hand: `terraform_data` has no cloud that could be changed.
RULES = '{"https": {"port": 443, "from": "0.0.0.0/0"}, "ssh": {"port": 22, "from": "10.0.0.0/8"}}'


def live(root: Path) -> tuple[World, dict[str, str]]:
    """A shop in which one plan waits, one stack drifted, one is locked; and what paths of the shots may name."""
    world = World(root, more=CONFIG, environment={"HOOK": "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    (root / "wanted").mkdir()
    for name, (labels, after, wanted) in STACKS.items():
        _wanted(world, name).write_text(wanted.replace("NAME", name.rpartition("/")[2]))
        depends = f"depends_on: [{after}]\n" if after else ""
        module = MODULE.format(cloud=_wanted(world, name), name=name.rpartition("/")[2])
        files = {
            f"{name}/stack.yaml": f"name: {name}\nlabels: {labels}\n{depends}",
            f"{name}/main.tf": module,
        }
        world.commit(files, f"Add {name}")
    world.run("source", "sync")
    for name in STACKS:
        world.applied(name)
    world.run("drift", "check", "--all", expect=None)
    world.run("daemon", "--once", expect=None)  # notifications begin here
    _wanted(world, "network/firewall").write_text(RULES)
    world.run("drift", "check", "network/firewall", expect=None)
    newer = (
        _wanted(world, "shop/payments")
        .read_text()
        .replace("1.8.2", "1.9.0")
        .replace('"replicas": 3', '"replicas": 5')
    )
    _wanted(world, "shop/payments").write_text(
        newer.replace(
            "}}",
            '}, "worker": {"image": "registry.example.com/payments-worker:1.9.0", "replicas": 2, "memory": "1Gi"}}',
        )
    )
    world.commit({"shop/payments/README.md": "1.9.0\n"}, "Payments 1.9.0 with a worker of its own")
    waiting = world.json("plan", "shop/payments")[0]["id"]
    world.run("lock", "take", "data/warehouse", "-m", "vacuum until 18:00")
    world.run("daemon", "--once", expect=None)
    _lose(world)
    report = world.json("drift", "list")[0]["id"]
    return world, {"run": waiting, "report": report}


def _lose(world: World) -> None:
    """What ten tries of an hour and more come to: two events that were not delivered."""
    with world.app.store.writing() as writer:
        for event in writer.events(0, {"run.awaiting_approval", "drift.open"})[-2:]:
            writer.bury(consumer_of("on-call"), event, "hooks.example.com answered 410 Gone")
    world.app.store.close()


def _wanted(world: World, name: str) -> Path:
    return world.root / "wanted" / f"{name.replace('/', '-')}.json"


@contextmanager
def _daemon(world: World) -> Iterator[None]:
    started = world.start("daemon")
    until(lambda: world.json("status")["daemon"]["alive"])
    yield
    started.signal(signal.SIGTERM)
    started.ends(0)


@contextmanager
def _opened() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium(playwright, shutil.which("chromium") or "chromium")
        yield browser
        browser.close()


def main() -> None:
    """Make the installation once, and write every image."""
    with tempfile.TemporaryDirectory() as folder:
        world, named = live(Path(folder))
        token = world.json("token", "create", "ana")["secret"]
        with _daemon(world), served(world) as address, _opened() as browser:
            session = log_in(browser, address, token)
            for shot in SHOTS:
                options = {
                    "color_scheme": shot.scheme,
                    "device_scale_factor": 1.5,
                }
                with visiting(browser, address, storage_state=session, **options) as visit:
                    visit.open(shot.path.format(**named)).wait_for_timeout(
                        500
                    )  # what draws itself has done so
                    _write(shot.name, visit.page.screenshot())
                    if visit.wrong:
                        sys.exit(f"{shot.path}: {visit.wrong}")


def _write(name: str, png: bytes) -> None:
    target = IMAGES / f"{name}.webp"
    Image.open(io.BytesIO(png)).save(target, quality=88, method=6)
    if target.stat().st_size > MOST:
        sys.exit(f"{target} has more than {MOST:,} bytes")


if __name__ == "__main__":
    main()
