"""`driftline web` without a daemon: requests are performed beside it, each of them once, and runs wait for a pass."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli_world import World, applied, planned, until
from web_process import serving
from web_world import Served, access

from runner.app import App
from runner.daemon.companion import Companion
from runner.daemon.requests import Performer
from runner.datadir.daemon_lock import only_daemon, running_web
from runner.datadir.requests_lock import RequestsLock, requests_answered
from runner.model.approval.approval import Person
from runner.model.execution.daemon_request import AfterCrash, DaemonRequest, NewRequest


@dataclass
class Beside:
    """A companion in this process; `goes_on` lets it finish what it has begun."""

    app: App
    serves: bool = False
    performed: list[DaemonRequest] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        performer = Performer(lambda _: AfterCrash.REPEAT, self._perform)
        lock = RequestsLock(self.app.settings.data_dir)
        self.companion = Companion(self.app.control, performer, lock, lambda: self.serves)

    def _perform(self, request: DaemonRequest) -> Any:
        self.performed.append(request)
        self.begun.set()
        self.goes_on.wait(30)

    def asked(self) -> None:
        with self.app.store.writing() as writer:
            writer.add_request(NewRequest("sync_sources", {}, Person("ana", "token"), on_host=True))

    def open(self) -> int:
        with self.app.store.reading() as reader:
            return len(reader.open_requests())


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    made = Beside(applied(tmp_path).app)
    yield made
    made.goes_on.set()
    made.companion.close()


def has_let_go(beside: Beside, other: RequestsLock) -> Callable[[], bool]:
    def look() -> bool:
        beside.companion.look()
        return other.take()

    return look


def test_it_performs_each_request_once(beside: Beside) -> None:
    beside.asked()
    beside.companion.look()
    assert beside.begun.wait(30)
    beside.companion.look()
    beside.goes_on.set()
    until(lambda: beside.open() == 0)
    beside.companion.look()
    assert len(beside.performed) == 1


def test_it_performs_nothing_beside_a_daemon(beside: Beside) -> None:
    beside.serves = True
    beside.asked()
    beside.companion.look()
    with beside.app.store.reading() as reader:
        assert reader.daemon_request(1).taken_at is None
    daemon = RequestsLock(beside.app.settings.data_dir)
    assert daemon.take()
    daemon.release()


def test_a_daemon_gets_the_requests_once_what_was_begun_is_finished(beside: Beside) -> None:
    beside.asked()
    beside.companion.look()
    assert beside.begun.wait(30)
    beside.serves, daemon = True, RequestsLock(beside.app.settings.data_dir)
    beside.companion.look()
    assert not daemon.take()
    beside.goes_on.set()
    until(has_let_go(beside, daemon))
    daemon.release()
    assert (len(beside.performed), beside.open()) == (1, 0)


def test_one_pass_of_cron_answers_no_requests_and_a_daemon_does(tmp_path: Path) -> None:
    with only_daemon(tmp_path, performs=False):
        assert not requests_answered(tmp_path)
    with only_daemon(tmp_path):
        assert requests_answered(tmp_path)


def approve(world: World, port: int, token: str) -> httpx2.Response:
    digest = world.json("run", "show", "run-1")["plan_digest"]
    return httpx2.post(
        f"http://127.0.0.1:{port}/api/v1/runs/1/approve",
        json={"digest": digest},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )


def test_a_plan_is_approved_with_the_web_server_alone_and_waits_for_a_pass(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    world.configured()
    token = Served(world).token("ci")
    with serving(world) as process:
        answer = approve(world, process.port, token)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["missing"], answer.json()["daemon"]) == (0, False)
        assert world.json("run", "show", "run-1")["state"] == "approved"


def test_its_server_is_started_again_and_none_of_it_survives_a_kill(tmp_path: Path) -> None:
    world = applied(tmp_path)
    data = world.root / "data"
    with serving(world) as process:
        first = running_web(data)
        assert first
        os.kill(first, signal.SIGKILL)
        until(lambda: running_web(data) not in {None, 0, first})
        process.started.process.kill()
        until(lambda: running_web(data) is None and not requests_answered(data))
