"""An installation in which most of what can happen has happened, under names that try to break out of a page."""

from dataclasses import dataclass
from pathlib import Path

from cli_world import World

from runner.model.approval.approval import Person
from runner.model.events.feed import Cursor
from runner.model.notify.consumer import consumer_of
from runner.model.run.life import Event
from runner.service.operator.request import request_check

CANARY = "canary-5d2fb0a1c6"  # a sensitive value, in code, state and plan
PWN = "window.__pwned = 1"
MARKUP = f"<script>{PWN}</script>"
HOSTILE = (
    MARKUP,
    f"\"'><img src=x onerror='{PWN}'>",
    f"</pre></template><svg onload='{PWN}'>",
    f"javascript:{PWN}",
    "{{ 7 * 7 }}${7 * 7}",
    "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd \u0634\u0628\u0643\u0629",
    "very-long-" * 40,
)
LONG_NAME = "platform/" + "long-" * 10 + "name"
LOG_LINES = 20_000
APPLIED = (
    "network/vpc",
    "app/web",
    "app/api",
    "app/secret",
    "app/long",
    "app/running",
    "edge/dns",
    "edge/cdn",
)
# For tests that do something: each has its own.
TO_ACT = ("act/approve", "act/reject", "act/watch", "act/plain", "act/lock")
ENDED = ("end/rejected", "end/canceled", "end/superseded")
LOCKED = f"moving the zone {MARKUP}"

CONFIG = """\
approvals: {author_may_approve: true}
web:
  access:
    - {role: admin, subjects: ["token:ana"], stacks: ["**"]}
    - {role: approver, subjects: ["token:ben"], stacks: ["app/**", "network/**"]}
    - {role: viewer, subjects: ["token:vera"], stacks: ["app/**"]}
notifications:
  - {name: ops, to: "https://${env:HOOK}@hooks.example.com/"}
  - {name: prod, to: "${env:HOOK}", match: {labels: {env: prod}}, at_most: 10/h}
  - {name: mornings, to: [/usr/local/bin/page, --team, infra], topics: ["drift.*"], digest: "0 7 * * mon-fri"}
"""
READS = 'resource "terraform_data" "it" {{\n  input = file("{cloud}")\n}}\n'
FAILS = """\
resource "terraform_data" "it" {{
  input = "{cloud}"
  lifecycle {{
    postcondition {{
      condition     = self.id == "never"
      error_message = "the cloud refused: quota exceeded"
    }}
  }}
}}
"""
WRONG = 'resource "terraform_data" "it" {{\n  input = local.missing\n}}\n'
KEPT = f"""\
variable "password" {{{{
  type      = string
  sensitive = true
  default   = "{CANARY}"
}}}}
resource "terraform_data" "credentials" {{{{
  input = {{{{ user = "app", password = var.password, shape = trimspace(file("{{cloud}}")) }}}}
}}}}
"""


@dataclass(frozen=True)
class Rich:
    """`tokens`: who -> their secret. `runs`: a stack -> its newest run."""

    root: str
    tokens: dict[str, str]
    runs: dict[str, int]

    @property
    def world(self) -> World:
        return World.found(Path(self.root))


def rich(root: Path) -> Rich:
    """About twenty stacks: applied, drifted, waiting, approved, running, failed, locked, paused, refused."""
    world = World(root, more=CONFIG)
    (root / "cloud").mkdir()
    _commit(world)
    for name in APPLIED:
        world.applied(name)
    _drift(world)
    _wait_and_fail(world)
    _end_otherwise(world)
    _hold(world)
    _lose(world)
    _run(world)
    tokens = {name: world.json("token", "create", name)["secret"] for name in ("ana", "ben", "vera")}
    newest: dict[str, int] = {}
    for run in world.json("run", "list"):
        newest.setdefault(run["stack"], int(run["id"].removeprefix("run-")))
    _write_log(world.app.workspaces.log(newest["app/long"]))
    return Rich(str(root), tokens, newest)


def cloud(world: World, name: str) -> Path:
    return world.root / "cloud" / f"{name.replace('/', '-')}.txt"


def _stack(
    world: World, name: str, module: str = READS, more: str = "labels: {env: prod, team: platform}\n"
) -> None:
    cloud(world, name).write_text(f"what {name} had first\n")
    folder = f"stacks/{name}"
    world.commit(
        {
            f"{folder}/stack.yaml": f"name: {name}\n{more}",
            f"{folder}/main.tf": module.format(cloud=cloud(world, name)),
        },
        f"Add {name}",
    )


def _commit(world: World) -> None:
    _stack(world, "network/vpc")
    below = "depends_on: [network/vpc]\nlabels: {env: prod, team: shop}\n"
    for name in ("app/web", "app/api", "app/worker", "app/long", "app/running"):
        _stack(world, name, more=below)
    _stack(world, "app/secret", KEPT, below)
    _stack(world, "app/cache", FAILS, below)
    _stack(world, "app/broken", WRONG, below)
    _stack(world, "edge/dns", more="depends_on: [network/vpc]\nlabels: {env: dev}\n")
    _stack(world, "edge/cdn", more="depends_on: [edge/dns]\n")
    _stack(world, "data/warehouse", more=f"labels: {{env: dev, note: {_quoted(MARKUP)}}}\n")
    for name in (LONG_NAME, *TO_ACT, *ENDED):
        _stack(world, name)
    world.commit({"stacks/app/refused/stack.yaml": "name: app/refused\nunknown: key\n"}, f"Add {MARKUP}")
    _commit_hostile(world)


def _commit_hostile(world: World) -> None:
    names = ", ".join(map(_quoted, HOSTILE))
    labels = "".join(f"  {key}: {_quoted(value)}\n" for key, value in zip("abc", HOSTILE, strict=False))
    world.commit(
        {
            "stacks/app/hostile/stack.yaml": f"name: app/hostile\nlabels:\n{labels}",
            "stacks/app/hostile/main.tf": (
                f'resource "terraform_data" "it" {{\n  for_each = toset([{names}])\n'
                '  input    = { name = each.value, lines = join("\\n", [each.value, each.value]) }\n}\n'
                f'output "names" {{\n  value = [{names}]\n}}\n'
            ),
        },
        f"Add {HOSTILE[1]} {HOSTILE[5]}",
    )


def _quoted(text: str) -> str:
    """As HCL and YAML both read it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${") + '"'


def _drift(world: World) -> None:
    for name in ("app/web", "app/api", "app/secret"):
        cloud(world, name).write_text(f"what somebody did by hand {MARKUP}\n")
    world.run("drift", "check", "app/web", "app/api", "app/secret", expect=None)
    report = next(one["id"] for one in world.json("drift", "list") if one["stack"] == "app/api")
    world.run("drift", "ack", report, "--until", "2w", "-m", f"known {MARKUP}")


def _wait_and_fail(world: World) -> None:
    world.run(
        "plan",
        "app/hostile",
        "data/warehouse",
        LONG_NAME,
        "app/worker",
        "app/cache",
        *TO_ACT,
        *ENDED,
        expect=None,
    )
    world.run("plan", "app/broken", expect=None)
    for run in world.json("run", "list"):
        if run["stack"] in {"app/worker", "app/cache"} and run["state"] == "awaiting_approval":
            world.approve(run["id"])
            if run["stack"] == "app/cache":
                world.run("apply", run["id"], expect=None)


def _end_otherwise(world: World) -> None:
    runs = {one["stack"]: one["id"] for one in world.json("run", "list")}
    world.run("reject", runs["end/rejected"], "-m", f"not on a Friday {MARKUP}")
    world.run("run", "cancel", runs["end/canceled"])
    cloud(world, "end/superseded").write_text("newer\n")
    world.run("plan", "end/superseded", expect=None)


def _run(world: World) -> None:
    """A check that goes on, as far as the records say."""
    app = world.app
    (queued,), _ = request_check(app.control, ["app/running"], Person("ana", "user"))
    with app.store.writing() as writer:
        writer.transition(queued, Event.CLAIM, by="daemon")
    app.workspaces.log(queued.id).write_text("terraform plan\n")
    app.store.close()


def _lose(world: World) -> None:
    """Two events that could not be delivered, and a channel that fails."""
    why = f"hooks.example.com answered 403 {MARKUP}"
    with world.app.store.writing() as writer:
        for event in writer.events(0, {"run.awaiting_approval", "stack.pause"})[-2:]:
            writer.bury(consumer_of("ops"), event, why)
        now = world.app.clock.now()
        failing = Cursor(
            consumer_of("prod"), 0, tries=3, next_try=now, problem=why, messages=12, failures=3, last_sent=now
        )
        writer.save_cursor(failing)
    world.app.store.close()


def _write_log(path: Path) -> None:
    strange = [f"\x1b[31mred {MARKUP}\x1b[0m", *HOSTILE]
    lines = [f"terraform_data.it[{number}]: Refreshing state... [id={number}]" for number in range(LOG_LINES)]
    lines[100 : 100 + len(strange)] = strange
    path.write_text("\n".join(lines) + "\n")


def _hold(world: World) -> None:
    world.run("lock", "take", "edge/dns", "-m", LOCKED)
    world.run("pause", "edge/cdn", "-m", f"until Monday {MARKUP}")
