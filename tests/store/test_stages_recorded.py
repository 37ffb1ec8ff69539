"""What the records say about a stage of a promotion: which revision it has, since when, and what was found after that."""

from typing import Any

import pytest
from store_world import HandClock, run_in

from runner.model.promotion.stage import StageRecord
from runner.model.run.life import Event, Kind, Run, State
from runner.store.database import SqliteStore

FIRST, SECOND, THIRD = "a" * 40, "b" * 40, "c" * 40
NAME = "prod/vpc"


def stage(store: SqliteStore) -> StageRecord:
    with store.reading() as reader:
        return reader.stage_records([NAME, "nobody"])[NAME]


def took(store: SqliteStore, revision: str, *moved: str, rewritten: bool = False) -> None:
    with store.writing() as writer:
        writer.take_head("infra", revision, moved, rewritten=rewritten)


def ran(store: SqliteStore, state: State, **fields: Any) -> Run:
    with store.writing() as writer:
        return run_in(writer, state, **fields)


def applied(store: SqliteStore, state: State = State.APPLIED, **fields: Any) -> Run:
    with store.writing() as writer:
        run = run_in(writer, state, **fields)
        writer.mark_applied(run)
    return run


def checked(store: SqliteStore, state: State, **fields: Any) -> Run:
    return ran(store, state, kind=Kind.DRIFT, **fields)


def test_only_what_was_a_stack_once_has_a_record(store: SqliteStore) -> None:
    with store.reading() as reader:
        assert set(reader.stage_records([NAME, "nobody"])) == {NAME}
    assert stage(store) == StageRecord()


def test_heads_are_numbered_as_they_come(store: SqliteStore) -> None:
    took(store, FIRST, NAME)
    took(store, SECOND)
    took(store, SECOND)
    applied(store, revision=SECOND)
    record = stage(store)
    assert (record.moved, record.applied and record.applied.head) == (1, 2)


def test_a_revision_that_is_read_again_with_other_settings_counts_as_a_later_one(store: SqliteStore) -> None:
    took(store, FIRST, NAME)
    applied(store, revision=FIRST)
    took(store, FIRST, NAME)
    record = stage(store)
    assert (record.moved, record.applied and record.applied.head) == (2, 1)


def test_after_a_force_push_an_older_head_is_no_ancestor(store: SqliteStore) -> None:
    took(store, FIRST, NAME)
    applied(store, revision=FIRST)
    took(store, THIRD, NAME, rewritten=True)
    record = stage(store)
    assert (record.moved, record.applied and record.applied.head) == (2, None)


def test_when_it_was_applied_and_by_which_run(store: SqliteStore, clock: HandClock) -> None:
    at = clock.pass_(hours=1)
    run = applied(store)
    clock.pass_(hours=1)
    found = stage(store).applied
    assert found is not None
    assert (found.run, found.at, found.empty) == (run.name, at, False)
    applied(store, State.NO_CHANGES)
    again = stage(store).applied
    assert again is not None
    assert (again.at, again.empty) == (clock.at, True)


@pytest.mark.parametrize("state", [State.NO_CHANGES, State.DRIFTED, State.PLAN_FAILED])
def test_the_newest_check_that_came_to_a_result_counts(store: SqliteStore, state: State) -> None:
    applied(store)
    checked(store, State.NO_CHANGES)
    newest = checked(store, state)
    checked(store, State.CANCELED)
    checked(store, State.QUEUED)
    found = stage(store).check
    assert found is not None
    assert (found.run, found.state) == (newest.name, state)


def test_a_check_before_the_apply_or_of_another_revision_does_not_count(store: SqliteStore) -> None:
    checked(store, State.NO_CHANGES)
    applied(store, revision=SECOND)
    checked(store, State.NO_CHANGES, revision=FIRST)
    assert stage(store).check is None


def test_a_check_that_ended_before_the_apply_did_does_not_count(store: SqliteStore, clock: HandClock) -> None:
    """A healing applies the revision that is applied."""
    run = ran(store, State.PLANNING)
    checked(store, State.NO_CHANGES)
    clock.pass_(minutes=1)
    with store.writing() as writer:
        done = writer.transition(writer.run(run.id), Event.FIND_NOTHING, by="test")
        writer.mark_applied(done)
    assert stage(store).check is None


def test_a_failed_apply_after_it_is_partly_applied(store: SqliteStore) -> None:
    applied(store)
    ran(store, State.APPLY_FAILED)  # of the same inputs: nothing of another revision
    assert stage(store).partly is None
    with store.writing() as writer:
        failed = run_in(writer, State.APPLY_FAILED, inputs="other")
        writer.annotate(failed, executed_digest="d")
    assert stage(store).partly == failed.name


def test_how_it_left_for_good(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.leave(NAME, "forgotten", by="ana")
    assert stage(store).left == "forgotten"
    with store.reading() as reader:
        assert reader.stage_records(["none"]) == {}
