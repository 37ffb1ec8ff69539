"""Logging the command line in to a server, and which server a command asks."""

import json
from pathlib import Path

import pytest
from cli_world import World
from click.testing import CliRunner

from runner.cli.main import main
from runner.errors import BadUsage, InsecureServer
from runner.remote.client import Remote
from runner.remote.contexts import Contexts
from runner.remote.place import Place, place


def test_what_is_said_first_decides_which_server_is_asked() -> None:
    environ = {"DRIFTLINE_SERVER": "https://env", "DRIFTLINE_CONFIG": "c.yaml"}

    def chosen(server: str | None = None, config: str | None = None, *, file: bool = True) -> Place:
        return place(server, config, environ, lambda: file, lambda: "https://saved")

    assert chosen("https://said", "c.yaml").server == "https://said"
    assert chosen(None, "c.yaml").server is None
    assert chosen().server == "https://env"
    del environ["DRIFTLINE_SERVER"]
    assert chosen().because == "DRIFTLINE_CONFIG"
    del environ["DRIFTLINE_CONFIG"]
    assert chosen().server is None
    assert chosen(file=False) == Place("https://saved", "the last login")


@pytest.mark.parametrize(
    "url", ["http://driftline.example.com", "http://192.0.2.1:8470", "http://localhost.evil"]
)
def test_a_token_is_not_sent_to_another_host_in_clear(url: str) -> None:
    with pytest.raises(InsecureServer):
        Remote.at(url, token="canary")
    assert Remote.at(url, insecure=True).url == url


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://any.example"]
)
def test_this_host_and_tls_are_fine(url: str) -> None:
    assert Remote.at(url).url == url


@pytest.mark.parametrize(
    "token", ["", "drift_é", "drift_1\nX-Other: 1"], ids=["empty", "not ascii", "two lines"]
)
def test_what_can_be_no_token_is_told_before_anybody_is_asked(token: str) -> None:
    with pytest.raises(BadUsage, match="the token ") as refused:
        Remote.at("https://any.example", token=token)
    assert token.strip() == "" or token not in refused.value.message


def test_an_empty_token_on_stdin_is_not_said_to_be_the_address(tmp_path: Path) -> None:
    typed = ["login", "http://127.0.0.1:9", "--token", "-"]
    result = CliRunner().invoke(main, typed, env={"HOME": str(tmp_path)}, input="")
    assert (result.exit_code, "the token is empty" in result.output) == (64, True)


def test_a_command_of_the_host_names_the_login_that_chose_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("runner.remote.contexts._keyring", lambda: None)
    Contexts(tmp_path / "driftline").save("https://any.example", "secret")
    result = CliRunner().invoke(main, ["daemon", "--once"])
    assert "not with the server of the last login, https://any.example" in result.output
    assert "--server" not in result.output


def test_a_token_is_kept_in_a_file_that_only_its_owner_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.remote.contexts._keyring", lambda: None)
    saved = Contexts(tmp_path / "driftline")
    saved.save("https://one", "secret-1")
    saved.save("https://two", "secret-2")
    assert (saved.current, saved.token("https://one")) == ("https://two", "secret-1")
    assert (saved.folder / "tokens.json").stat().st_mode & 0o777 == 0o600
    saved.forget("https://two")
    assert (saved.current, saved.token("https://two")) == (None, None)


def test_a_keyring_is_used_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ring:
        def __init__(self) -> None:
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, *key: str) -> str | None:
            return self.kept.get((key[0], key[1]))

        def set_password(self, service: str, url: str, token: str) -> None:
            self.kept[service, url] = token

    ring = Ring()
    monkeypatch.setattr("runner.remote.contexts._keyring", lambda: ring)
    saved = Contexts(tmp_path)
    assert saved.save("https://one", "secret") == "keyring"
    assert saved.token("https://one") == "secret"
    assert "secret" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_a_token_on_the_command_line_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["login", "https://any.example", "--token", "canary"])
    assert result.exit_code == 64
    assert "--token -" in result.output


def test_whoever_sits_at_the_host_may_do_everything(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    page = world.json("whoami")
    assert page["roles"] == [{"role": "admin", "stacks": ["**"]}]
    assert json.dumps(page["subjects"]) == "[]"
