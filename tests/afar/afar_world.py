"""Commands of a World that ask a server in this process, which has a daemon that works when somebody waits."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import pytest
import structlog
from cli_world import World
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient

from runner.api.caller import Caller
from runner.api.operation import Operation
from runner.app import App
from runner.cli.main import main
from runner.cli.person import who_acts
from runner.model.run.life import State
from runner.remote.client import Remote
from runner.web.application import application
from runner.web.identity.caller import caller_of

URL = "http://localhost"
DAEMON = 4711
# What each command waits for; a daemon does more, and a test would not know when.
WORK = {
    "plan": {State.QUEUED},
    "promote": {State.QUEUED},
    "apply": {State.APPROVED},
    "drift": {State.QUEUED},
}


def run_afar(world: World, *words: str, expect: int | None = 0) -> Result:
    """As `World.run` does, through the API."""
    with server(world, work_of(words)):
        result = CliRunner().invoke(main, ["--server", URL, *words], env=world.environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert expect is None or result.exit_code == expect, result.output
    return result


# Commands of the host, with which a test prepares what it is about.
HOST_COMMANDS = frozenset({"backup", "config", "daemon", "db"})
HOST_SUBCOMMANDS = frozenset({("stack", "validate"), ("policy", "test"), ("policy", "eval")})


def every_command_afar(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test runs on the host asks a server instead."""
    here = World.run

    def run(world: World, *words: str, expect: int | None = 0) -> object:
        on_host = words[0] in HOST_COMMANDS or words[:2] in HOST_SUBCOMMANDS
        return (here if on_host else run_afar)(world, *words, expect=expect)

    monkeypatch.setattr(World, "run", run)


def work_of(words: Sequence[str]) -> set[State]:
    return WORK.get(words[0], set())


@contextmanager
def server(world: World, work: set[State]) -> Iterator[None]:
    """The person is the one on the host, so that what is said of them is the same."""
    app = world.app
    # What a server logs is nothing that a command prints.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    client = client_of(app)
    with patch.object(Remote, "at", lambda url, **_how: Remote(url, client)), daemon(app, work):
        yield


def client_of(app: App) -> TestClient:
    web = application(app)
    web.dependency_overrides[caller_of] = lambda: Caller(app, who_acts)
    return TestClient(web, base_url=URL, raise_server_exceptions=False)


@contextmanager
def daemon(app: App, work: set[State]) -> Iterator[None]:
    """One that seems to run, and works on a run whenever somebody asks how far it is."""
    answer = Operation.__call__

    def working(self: Operation[..., object], caller: Caller, /, *args: object, **given: object) -> object:
        if self.name == "show_progress":
            for run in given["runs"]:  # type: ignore[attr-defined] # numbers
                _work(app, run, work)
        return answer(self, caller, *args, **given)

    with (
        patch.object(Operation, "__call__", working),
        patch("runner.api.daemon.running_daemon", lambda _: DAEMON),
    ):
        yield


def _work(app: App, run: int, work: set[State]) -> None:
    with app.store.reading() as reader:
        state = reader.run(run).state
    if state in work:
        app.worker.perform_one(run)
