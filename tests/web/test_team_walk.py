"""The page about a team: Ana on the host, Bo on a laptop, a real issuer. Every command does what the page shows."""

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from cli_world import World, until
from issuer_world import SECRET, Visitor, issuing
from web_process import free_port

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from tour import PLAIN, Reader, folded  # noqa: E402 - scripts, not a package

PAGE = ROOT / "docs/how-to/team-web.md"
SETTINGS = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"Open (\S+) and confirm the code")
# Done by the test: the package is installed, and there is no systemd.
NOT_TYPED = ("pip install", "systemctl restart")


class Person(Reader):
    """Types the commands of the page. Asked to confirm a code elsewhere, Bo does that while the command waits."""

    heard = ""

    def run(self, command: str) -> tuple[int, str]:
        return (0, "") if command.startswith(NOT_TYPED) else super().run(command)

    def hear(self, chunk: bytes) -> None:
        self.heard += chunk.decode()
        if found := ADDRESS.search(self.heard):
            self.heard = ""
            Visitor("bo").visit(found[1])

    def does(self, page: str) -> list[str]:
        """The commands, after each has printed what the page shows below it."""
        commands = []
        for step in self.follow(page):
            assert step.code == 0, f"{step.command}\n{step.output}"
            for line in step.shown:
                assert _folded(line) in _folded(step.output), (
                    f"{step.command}: {line!r} not in\n{step.output}"
                )
            commands.append(step.command)
        return commands


@pytest.mark.long
@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
def test_every_command_of_the_teams_page_does_what_it_shows(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    laptop = _person(tmp_path / "laptop")
    with issuing(address) as issuer:
        page = _here(PAGE.read_text(), address, issuer, tmp_path)
        begin, change = page.split("## 3. ")
        world = World(tmp_path, more=SETTINGS.findall(begin)[0])
        host = _person(tmp_path / "host", DRIFTLINE_CONFIG=str(world.config))
        assert host.does(begin) == ["driftline config validate", "systemctl restart driftline"]
        with _daemon(world):
            _change(world)
            assert len(laptop.does(change)) == 5
            with httpx2.Client(base_url=address) as ana:
                _log_in("ana", ana, address)
                seen = {stack["name"] for stack in ana.get("/api/v1/stacks").json()}
            assert seen == {"dev/web", "prod/web"}
            until(lambda: world.json("run", "show", "run-1")["state"] == "applied")


def _here(page: str, address: str, issuer: str, folder: Path) -> str:
    """The page with the addresses and files of this test."""
    (folder / "oidc-secret").write_text(SECRET)
    stands_for = {
        "127.0.0.1:8470": address.removeprefix("http://"),
        "https://driftline.example.com": address,
        "https://login.example.com": issuer,
        "/etc/driftline/oidc-secret": str(folder / "oidc-secret"),
    }
    for name, value in stands_for.items():
        assert name in page, name
        page = page.replace(name, value)
    return page


def _person(home: Path, **more: str) -> Person:
    home.mkdir()
    nowhere = {"HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    return Person(home, PLAIN | nowhere | more)


@contextmanager
def _daemon(world: World) -> Iterator[None]:
    started = world.start("daemon")
    try:
        started.says("web.ready")
        yield
    finally:
        started.end()


def _change(world: World) -> None:
    world.stack("prod/web")
    world.run("source", "sync", "infra")
    until(lambda: world.json("run", "list", "--state", "awaiting_approval") != [])
    world.stack("dev/web")
    world.run("source", "sync", "infra")


def _log_in(name: str, browser: httpx2.Client, address: str) -> None:
    begun = browser.get("/login/oidc")
    assert browser.get(Visitor(name, address).visit(begun.headers["location"])).status_code == 303


def _folded(text: str) -> str:
    code = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")
    return code.sub("CODE", folded(text)).strip()
