"""Commands from afar with a real daemon, and the web server that it keeps behind its wall."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_world import World, until
from click.testing import CliRunner
from terminal_talk import converse
from web_process import answers, free_port
from web_world import access

from runner.cli.main import main

HOST_COMMANDS = ["daemon --once", "db check", "config show", "state import app file --yes"]


@contextmanager
def served(world: World, url: str) -> Iterator[None]:
    daemon = world.start("daemon")
    try:
        until(lambda: answers(url))
        yield
    finally:
        daemon.signal(signal.SIGTERM)
        daemon.ends(0)


def test_a_plan_is_made_approved_applied_and_followed(tmp_path: Path) -> None:
    port = free_port()
    listening = access("ci").replace("web: {", f"web: {{listen: '127.0.0.1:{port}', ")
    world = World(tmp_path, more=listening)
    world.stack("app")
    url = f"http://127.0.0.1:{port}"

    def afar(*words: str) -> tuple[str, str]:
        result = CliRunner().invoke(main, ["--server", url, *words], env=world.environment)
        assert result.exit_code == 0, result.output
        return result.stdout, result.stderr

    with served(world, url):
        world.environment["DRIFTLINE_TOKEN"] = world.run("token", "create", "ci").stdout.strip()
        head = world.commit({"app/more.tf": 'resource "terraform_data" "more" {}\n'})
        out, err = afar("plan", "app")
        assert "+ terraform_data.more" in out
        assert f"plans app at {head[:12]}" in err
        (run,) = world.json("run", "list", "--state", "awaiting_approval")
        # Only Git knows who wrote it, which the web server itself cannot ask.
        code, heard = converse(world, ["--server", url, "approve", run["id"]], {"Type `yes`": "yes\n"})
        assert code == 0, heard
        assert "+ terraform_data.more" in heard.partition("Type `yes`")[0]
        assert f"{run['id']} is approved by ci" in heard
        assert "The daemon is applying it." in heard
        out, err = afar("logs", "-f", run["id"])
        assert "Apply complete!" in out
        assert f"{run['id']} of app is applied" in err
        assert afar("plan", "app", "--ref", head[:12], "--detailed-exitcode")[1]
    assert world.json("run", "show", run["id"])["approvals"][0]["known_by"] == "token"


@pytest.mark.parametrize("line", HOST_COMMANDS)
def test_a_command_of_the_host_says_so(tmp_path: Path, line: str) -> None:
    (tmp_path / "file").write_text("{}")
    words = line.replace("file", str(tmp_path / "file")).split()
    result = CliRunner().invoke(main, ["--server", "http://127.0.0.1:9", *words])
    assert result.exit_code == 64
    assert f"driftline {words[0]}" in result.stderr
    assert "works only on the host" in result.stderr
