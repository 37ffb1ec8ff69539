"""What is known of all stacks is worked out once for the pages of one second."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cli_world import planned

from runner.api.caller import Caller
from runner.api.graph import show_graph
from runner.api.inbox import show_inbox
from runner.api.stack_facts import reading_stacks
from runner.api.stack_list import list_stacks
from runner.api.stacks import show_stack
from runner.api.status import show_status
from runner.model.access.access import Access, Binding
from runner.model.approval.approval import Person
from runner.model.stack.definition import Health, Pause
from runner.model.stack.lock import Lock
from runner.view.facts import all_records, all_stacks


@dataclass
class Clock:
    at: Any

    def now(self) -> Any:
        return self.at


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    app = planned(tmp_path).app
    app.__dict__["clock"] = Clock(app.clock.now())
    return Caller(app, lambda: Person("ana", "user"))


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often they were worked out."""
    begun = count()
    monkeypatch.setattr(
        "runner.api.stack_facts.all_stacks", lambda *given: (next(begun), all_stacks(*given))[1]
    )
    return lambda: next(begun)


def test_pages_of_one_second_share_them(caller: Caller, times: Callable[[], int]) -> None:
    for page in (show_status, list_stacks, show_graph, show_inbox):
        page(caller)
    assert times() == 1


def test_after_a_write_they_are_worked_out_again(caller: Caller, times: Callable[[], int]) -> None:
    show_status(caller)
    with caller.app.store.writing() as writer:
        writer.place_lock(Lock("app", "ana", "moving", caller.app.clock.now()), by="ana")
    assert list_stacks(caller)[0].reason == "locked by ana: moving"
    assert times() == 2


def test_and_so_they_are_a_second_later(caller: Caller, times: Callable[[], int]) -> None:
    show_status(caller)
    caller.app.__dict__["clock"].at += timedelta(seconds=1)
    list_stacks(caller)
    assert times() == 2


def test_what_is_on_record_is_read_once_until_somebody_writes(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = count()
    monkeypatch.setattr(
        "runner.api.stack_facts.all_records", lambda reader: (next(begun), all_records(reader))[1]
    )
    for page in (show_status, list_stacks, show_graph, show_inbox):
        page(caller)
        caller.app.__dict__["clock"].at += timedelta(seconds=1)
    show_stack(caller, "app")
    assert next(begun) == 1
    with caller.app.store.writing() as writer:
        writer.place_lock(Lock("app", "ana", "moving", caller.app.clock.now()), by="ana")
    assert list_stacks(caller)[0].reason == "locked by ana: moving"


def test_and_what_follows_from_it_as_time_goes_by_is_not_kept(caller: Caller) -> None:
    clock = caller.app.__dict__["clock"]
    with caller.app.store.writing() as writer:
        writer.pause("app", Pause("ana", "until later", clock.at, clock.at + timedelta(seconds=5)), by="ana")
    assert list_stacks(caller)[0].health is Health.PAUSED
    clock.at += timedelta(seconds=6)
    assert list_stacks(caller)[0].health is not Health.PAUSED


def test_who_sees_other_stacks_gets_their_own(caller: Caller) -> None:
    other = replace(caller, access=Access((Binding("viewer", ("token:vera",), ("elsewhere/**",)),)))
    assert [show_status(one).stacks.total for one in (caller, other, caller)] == [1, 0, 1]


def test_what_was_read_while_somebody_wrote_is_not_kept(
    caller: Caller, times: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = iter([1, 2, 1, 1])
    monkeypatch.setattr(caller.app.store, "changed_since", lambda _: next(marks))
    for _ in range(2):
        with reading_stacks(caller, None):
            pass
    assert times() == 2


def test_the_page_of_a_stack_is_the_same_with_and_without_them(caller: Caller) -> None:
    alone = show_stack(caller, "app")
    caller.app.__dict__["clock"].at += timedelta(seconds=1)
    show_status(caller)
    later = show_stack(caller, "app")
    assert later == alone
