from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from cli_world import World, planned
from web_world import Served, access

from runner.api.caller import Caller
from runner.api.inbox import show_inbox
from runner.api.recent import recent
from runner.model.access.access import Access, Binding
from runner.model.approval.approval import Person

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Store:
    """What `recent` asks of one."""

    mark = 0

    def changed_since(self, _mark: int | None) -> int:
        return self.mark


@dataclass
class Clock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def caller() -> Caller:
    app: Any = SimpleNamespace(store=Store(), clock=Clock())
    return Caller(app, lambda: Person("ana", "user"))


@pytest.fixture
def asked(caller: Caller) -> Any:
    numbers = count(1)

    def work() -> int:
        return next(numbers)

    return lambda *facts, by=caller: recent(by, work, *facts)


def test_an_answer_is_worked_out_once_for_the_same_records_and_second(asked: Any, caller: Caller) -> None:
    caller.app.clock.at = NOON + timedelta(milliseconds=900)  # type: ignore[attr-defined]
    assert [asked(), asked()] == [1, 1]


def test_a_write_makes_it_another_question(asked: Any, caller: Caller) -> None:
    asked()
    caller.app.store.mark += 1  # type: ignore[attr-defined]
    assert asked() == 2


def test_a_second_later_it_is_worked_out_again(asked: Any, caller: Caller) -> None:
    asked()
    caller.app.clock.at += timedelta(seconds=1)  # type: ignore[attr-defined]
    assert asked() == 2


def test_so_it_is_for_another_fact_and_for_whoever_sees_other_stacks(asked: Any, caller: Caller) -> None:
    some = replace(caller, access=Access((Binding("viewer", ("token:vera",), ("app/**",)),)))
    assert [asked(), asked("no room"), asked(by=some), asked()] == [1, 2, 3, 1]


def test_many_who_ask_at_once_wait_for_one_answer(asked: Any) -> None:
    begun, answers = Barrier(8), list[int]()

    def ask() -> None:
        begun.wait()
        answers.append(asked())

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1] * 8


def test_what_is_done_is_seen_by_the_next_request(tmp_path: Any) -> None:
    world: World = planned(tmp_path, config=access("ci"))
    served = Served(world)
    client = served.client(served.token("ci"))
    assert client.get("/api/v1/stacks").json()[0]["health"] == "ok"
    client.put("/api/v1/locks/app", json={"reason": "moving"})
    assert client.get("/api/v1/stacks").json()[0]["health"] == "locked"
    assert client.get("/api/v1/status").json()["stacks"]["health"] == {"locked": 1}


def test_the_inbox_is_that_of_whoever_asks(tmp_path: Any) -> None:
    app = planned(tmp_path, config=access("ci")).app
    bindings = (Binding("approver", ("unix:bob",)), Binding("viewer", ("unix:bob",)))
    approver, viewer = (Caller(app, lambda: Person("bob", "user"), Access((one,))) for one in bindings)
    assert [len(show_inbox(one).approvals) for one in (approver, viewer, approver)] == [1, 0, 1]
