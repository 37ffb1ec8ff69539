"""Locks of people and rules, beside those that executing runs are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_world import NOON, HandClock, claim, discovered, new_run, opened, run_in

from runner.errors import NotFound, StackLocked, StackNotFound
from runner.model.run.life import Event, Kind, State
from runner.model.stack.lock import Lock
from runner.store.database import SqliteStore

ANA = Lock("prod/vpc", "ana", "migrating by hand", NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path, HandClock()) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
        yield store


def test_a_lock_is_kept_as_it_was_taken(store: SqliteStore) -> None:
    lock = Lock("prod/vpc", "run-7", "half done", NOON, "pid 1 on here", 7)
    with store.writing() as writer:
        writer.place_lock(lock, by="driftline")
    with store.reading() as reader:
        assert reader.lock("prod/vpc") == lock
        assert reader.placed_locks() == reader.locks() == [lock]


def test_a_second_holder_learns_who_has_it_and_why(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.place_lock(ANA, by="ana")
    with pytest.raises(StackLocked, match="locked by ana: migrating by hand"), store.writing() as writer:
        writer.place_lock(Lock("prod/vpc", "bo", "me too", NOON), by="bo")
    with store.reading() as reader:
        assert reader.lock("prod/vpc") == ANA


def test_a_released_lock_can_be_taken_again_and_all_of_it_is_audited(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.place_lock(ANA, by="ana")
        writer.release_lock("prod/vpc", by="bo", reason="she is on holiday")
        assert writer.lock("prod/vpc") is None
        writer.place_lock(ANA, by="ana")
        entries = writer.audit(subject="prod/vpc")
    assert [(e.actor, e.action) for e in entries] == [
        ("ana", "lock.take"),
        ("bo", "lock.release"),
        ("ana", "lock.take"),
    ]
    assert entries[1].detail == {"reason": "she is on holiday", "holder": "ana", "was": "migrating by hand"}


def test_what_nobody_holds_cannot_be_released(store: SqliteStore) -> None:
    with pytest.raises(NotFound, match="not locked"), store.writing() as writer:
        writer.release_lock("prod/vpc", by="ana", reason="")


def test_a_stack_that_is_not_known_cannot_be_locked(store: SqliteStore) -> None:
    with pytest.raises(StackNotFound), store.writing() as writer:
        writer.place_lock(Lock("no/such", "ana", "", NOON), by="ana")


def test_a_run_that_may_change_the_stack_holds_it_against_people(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = writer.claim(writer.add_run(new_run()), claim(pid=4711))
        writer.transition(run, Event.CLAIM, by="worker")
    with pytest.raises(StackLocked, match="locked by run-1: change run, planning"), store.writing() as writer:
        writer.place_lock(ANA, by="ana")
    with store.reading() as reader:
        (lock,) = reader.locks()
    assert (lock.holder, lock.process, lock.run) == ("run-1", "pid 4711 on here", 1)


def test_a_drift_check_does_not_keep_a_person_waiting(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.claim(writer.add_run(new_run(kind=Kind.DRIFT)), claim())
        writer.place_lock(ANA, by="ana")
        assert {lock.holder for lock in writer.locks()} == {"ana", "run-1"}
        assert writer.placed_locks() == [ANA]


def test_a_half_done_run_leaves_its_stack_locked_before_or_after_it_ends(store: SqliteStore) -> None:
    lock = Lock("prod/vpc", "run-1", "half done", NOON, run=1)
    with store.writing() as writer:
        run = writer.claim(run_in(writer, State.APPLYING), claim())
        writer.place_lock(lock, by="driftline")
        writer.transition(run, Event.INTERRUPT, by="driftline")
        assert writer.locks() == [replace(lock, unresolved=True)]
