"""A server that is of another version than the command."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from afar_world import client_of
from cli_world import World

from runner import __version__
from runner.api.caller import Caller
from runner.api.daemon import DaemonRow, show_daemon
from runner.api.locks import take_lock
from runner.api.operation import Operation, operation
from runner.api.run_list import list_runs
from runner.api.stack_list import list_stacks
from runner.errors import DriftlineError, NotDriftline, NothingServed, OtherVersion
from runner.model.access.role import Role
from runner.remote.client import Remote, told
from runner.web.guard import headers

OLDER = "0.0.9"


@operation("POST", "/novelties", Role.VIEWER)
def make_novelty(caller: Caller) -> None:
    """Something that only a newer version can do."""


@operation("PUT", "/locks/{stack}", Role.OWNER)
def take_lock_gently(caller: Caller, stack: str, *, reason: str, gently: bool = False) -> DaemonRow:
    """Something that a newer version can do in another way too."""
    raise NotImplementedError


def answering(document: Any, version: str = OLDER) -> Remote:
    """A server that answers everything so."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=document, headers={"Driftline-Version": version})

    return Remote("http://it", httpx2.Client(base_url="http://it", transport=httpx2.MockTransport(answer)))


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """A real server that says it is of an older version."""
    world = World(tmp_path)
    monkeypatch.setattr(headers, "HEADERS", {**headers.HEADERS, "Driftline-Version": OLDER})
    return Remote("http://localhost", client_of(world.app))


def refused(remote: Remote, of: Operation[..., Any], *args: Any, **given: Any) -> DriftlineError:
    with pytest.raises(DriftlineError) as raised:
        remote.call(of, *args, **given)
    return raised.value


def test_a_key_that_is_not_known_here_is_passed_over() -> None:
    remote = answering({"pid": 5, "data_dir": "/data", "uptime": "3 h"})
    assert remote.call(show_daemon) == DaemonRow(5, "/data")


def test_a_key_that_the_server_does_not_send_has_its_default() -> None:
    (row,) = answering([{"name": "app", "source": "infra", "labels": {}}]).call(list_stacks)
    assert row.failing_checks == ()


def test_an_answer_that_cannot_be_read_names_both_versions() -> None:
    error = refused(answering({"pid": 5}), show_daemon)
    assert isinstance(error, OtherVersion)
    assert OLDER in error.message
    assert __version__ in error.message
    assert f"driftline=={OLDER}" in error.hint


def test_an_operation_that_the_server_does_not_know_names_both_versions(older: Remote) -> None:
    error = refused(older, make_novelty)
    assert isinstance(error, OtherVersion)
    assert OLDER in error.message
    assert __version__ in error.message


def test_an_argument_that_the_server_does_not_know_is_refused_and_not_passed_over(older: Remote) -> None:
    error = refused(older, take_lock_gently, "app", reason="mine", gently=True)
    assert isinstance(error, OtherVersion)
    assert "gently" in error.message


def test_a_server_is_not_told_what_it_does_anyway(older: Remote) -> None:
    """So that an older one can do it: here it does not know the stack."""
    assert "app" in refused(older, take_lock_gently, "app", reason="mine", gently=False).message
    assert told(list_runs, {"stack": None, "limit": 50, "kind": None, "state": ()}) == {}
    assert told(take_lock, {"stack": "app", "reason": "mine"}) == {"stack": "app", "reason": "mine"}


def test_of_one_version_what_is_not_served_is_only_that(tmp_path: Path) -> None:
    remote = Remote("http://localhost", client_of(World(tmp_path).app))
    assert isinstance(refused(remote, make_novelty), NothingServed)


@pytest.mark.parametrize("content", ["<html>log in first</html>", "[]", '{"hello": 1}'])
@pytest.mark.parametrize("status", [200, 303, 404])
def test_what_no_driftline_server_answered_is_said_to_be_that(content: str, status: int) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, text=content))
    error = refused(
        Remote("http://it", httpx2.Client(base_url="http://it", transport=transport)), show_daemon
    )
    assert isinstance(error, NotDriftline)
    assert "http://it" in error.message
    assert error.exit_code == 69
