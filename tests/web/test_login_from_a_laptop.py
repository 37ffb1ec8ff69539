"""`driftline login` against a running server, and what follows it."""

from pathlib import Path

import pytest
from cli_world import World
from click.testing import CliRunner, Result
from web_process import serving
from web_world import Served, access

from runner.cli.main import main


def test_a_login_is_used_by_the_commands_that_follow_until_the_logout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, more=access("ci"))
    secret = Served(world).token("ci")
    laptop = tmp_path / "laptop"
    laptop.mkdir()
    monkeypatch.chdir(laptop)
    environment = {
        "XDG_CONFIG_HOME": str(laptop),
        "HOME": str(laptop),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }

    def run(*words: str, given: str = "") -> Result:
        return CliRunner().invoke(main, words, env=environment, input=given)

    with serving(world) as process:
        url = f"http://127.0.0.1:{process.port}"
        nobody = run("login", url)
        assert (nobody.exit_code, f"driftline login {url} --token -" in nobody.output) == (64, True)
        refused = run("login", url, "--token", "-", given="drift_wrong\n")
        assert refused.exit_code == 6
        logged_in = run("login", url, "--token", "-", given=f"{secret}\n")
        assert logged_in.exit_code == 0, logged_in.output
        assert "as ci" in logged_in.output
        assert secret not in logged_in.output
        shown = run("-v", "whoami")
        assert "ci (known by token)" in shown.output
        assert "by the last login" in shown.output
        assert run("stack", "list").exit_code == 0
        assert run("logout").exit_code == 0
        assert run("logout").exit_code == 64
