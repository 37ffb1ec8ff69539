"""The life of a run, walked through the store."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from store_world import NOON, HandClock, claim, new_run, raw, run_in, sha

from runner.errors import RunChanged, RunNotFound, StackNotFound, WrongState
from runner.model.changes.changes import Summary
from runner.model.run.life import FINAL, TRANSITIONS, Event, Kind, Run, State
from runner.store.database import SqliteStore


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with raw(path) as connection:
        return {
            table: [tuple(row) for row in connection.execute(f"SELECT * FROM {table}")]
            for table in ("runs", "audit", "outbox")
        }


@pytest.mark.parametrize("state", State)
def test_every_event_moves_the_run_with_one_record_or_changes_nothing(
    store: SqliteStore, tmp_path: Path, state: State
) -> None:
    for event in Event:
        with store.writing() as writer:
            run = run_in(writer, state)
        before = everything(tmp_path / "driftline.db")
        if (state, event) in TRANSITIONS:
            with store.writing() as writer:
                moved = writer.transition(run, event, by="ana", reason="why")
            assert_moved(moved, TRANSITIONS[state, event], run)
            assert_recorded(before, everything(tmp_path / "driftline.db"), moved, event)
        else:
            with pytest.raises(WrongState), store.writing() as writer:
                writer.transition(run, event, by="ana")
            assert everything(tmp_path / "driftline.db") == before
        with store.reading() as reader:
            assert reader.run(run.id).state == TRANSITIONS.get((state, event), state)


def assert_moved(moved: Run, state: State, before: Run) -> None:
    assert moved.state == state
    assert moved.version == before.version + 1
    assert moved.reason == "why"


def assert_recorded(before: dict[str, Any], after: dict[str, Any], run: Run, event: Event) -> None:
    (entry,) = after["audit"][len(before["audit"]) :]
    assert (entry[2], entry[3], entry[4]) == ("ana", f"run.{event}", run.name)
    (shown,) = after["outbox"][len(before["outbox"]) :]
    assert (shown[2], shown[3]) == (f"run.{run.state}", run.name)
    assert json.loads(shown[4])["event"] == event


def test_what_a_transition_returns_is_what_is_stored(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.PLANNING)
    later = clock.pass_(minutes=3)
    with store.writing() as writer:
        moved = writer.transition(
            run,
            Event.OFFER,
            by="driftline",
            reason="2 to add",
            summary=Summary(create=2, import_=1),
            plan_digest=sha("plan"),
            fingerprint=sha("changes"),
            planned_at=NOON,
            engine_version="1.11.4",
            report=None,
        )
    assert moved.changed_at == later
    assert moved.created_at == NOON
    with store.reading() as reader:
        assert reader.run(run.id) == moved


def test_every_field_of_a_new_run_comes_back(store: SqliteStore) -> None:
    new = new_run(
        kind=Kind.DESTROY,
        targets=("aws_vpc.main", 'aws_subnet.b["x"]'),
        report=7,
        reason="asked for",
        managed_state=True,
        trigger="manual",
        requested_by="ana",
    )
    with store.writing() as writer:
        added = writer.add_run(new)
    with store.reading() as reader:
        assert reader.run(added.id) == added
    assert (added.targets, added.report, added.reason) == (new.targets, 7, "asked for")
    assert (added.state, added.version, added.definition) == (State.QUEUED, 1, new.definition.digest)


def test_a_worker_that_was_thought_dead_changes_nothing(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        stale = run_in(writer, State.PLANNING)
        writer.transition(stale, Event.REQUEUE, by="recover")
    before = everything(tmp_path / "driftline.db")
    with pytest.raises(RunChanged, match=r"run-1 .* queued"), store.writing() as writer:
        writer.transition(stale, Event.FIND_NOTHING, by="zombie")
    with pytest.raises(RunChanged), store.writing() as writer:
        writer.annotate(stale, plan_digest="x")
    with pytest.raises(RunChanged), store.writing() as writer:
        writer.request_cancel(stale, by="zombie")
    assert everything(tmp_path / "driftline.db") == before


def test_a_state_that_was_made_up_is_not_believed(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.AWAITING_APPROVAL)
    with pytest.raises(RunChanged), store.writing() as writer:
        writer.transition(replace(run, state=State.APPROVED), Event.START_APPLY, by="mallory")


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_state_gives_the_claim_back(store: SqliteStore, state: State) -> None:
    with store.writing() as writer:
        run = writer.claim(writer.add_run(new_run()), claim())
        before = run_in(writer, State.QUEUED)
        assert before.claim is None
        run = walk(writer, run, state)
    assert run.claim is None
    with store.reading() as reader:
        assert reader.run(run.id).claim is None
        assert reader.locks() == []


def walk(writer: Any, run: Run, state: State) -> Run:
    from store_world import WAYS

    for event in WAYS[state]:
        run = writer.transition(run, event, by="test")
    return run


def test_a_run_that_is_queued_again_gives_the_claim_back(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = writer.claim(writer.add_run(new_run()), claim())
        run = writer.transition(run, Event.CLAIM, by="worker")
        assert run.claim == claim()
        assert writer.transition(run, Event.REQUEUE, by="recover").claim is None


@pytest.mark.parametrize("event", [Event.OFFER])
def test_a_drift_run_is_never_offered_and_so_never_applied(store: SqliteStore, event: Event) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.PLANNING, kind=Kind.DRIFT)
    with pytest.raises(WrongState, match="a drift run"), store.writing() as writer:
        writer.transition(run, event, by="test")


def without_an_offer() -> frozenset[State]:
    """Where a run can come that nobody is asked about."""
    found = {State.QUEUED}
    while True:
        moves = TRANSITIONS.items()
        after = {to for (at, event), to in moves if at in found and event is not Event.OFFER}
        if after <= found:
            return frozenset(found)
        found |= after


ASKED_ABOUT = sorted(frozenset(State) - without_an_offer())


@pytest.mark.repeats("kind")
@pytest.mark.parametrize("kind", [Kind.DRIFT, "a kind of tomorrow"])
@pytest.mark.parametrize("state", ASKED_ABOUT)
def test_the_schema_refuses_any_kind_that_it_does_not_know_to_apply(
    store: SqliteStore, tmp_path: Path, kind: str, state: State
) -> None:
    with store.writing() as writer:
        queued, there = run_in(writer, State.QUEUED), run_in(writer, state)
    with raw(tmp_path / "driftline.db") as connection:
        row = {**connection.execute("SELECT * FROM runs WHERE id = ?", (there.id,)).fetchone(), "kind": kind}
        connection.execute("UPDATE runs SET kind = ? WHERE id = ?", (kind, queued.id))
        for sql, values in (
            ("UPDATE runs SET state = ? WHERE id = ?", (state, queued.id)),
            ("UPDATE runs SET kind = ? WHERE id = ?", (kind, there.id)),
            (f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * len(row))})", (*row.values(),)),
        ):
            with pytest.raises(sqlite3.IntegrityError, match="never approved or applied"):
                connection.execute(sql, values)


@pytest.mark.parametrize("state", sorted(without_an_offer()))
def test_the_schema_lets_any_kind_only_look(store: SqliteStore, tmp_path: Path, state: State) -> None:
    with store.writing() as writer:
        run = run_in(writer, state)
    with raw(tmp_path / "driftline.db") as connection:
        connection.execute(
            "UPDATE runs SET kind = 'a kind of tomorrow', state = ? WHERE id = ?", (state, run.id)
        )


@pytest.mark.parametrize("field", ["id", "stack", "kind", "version", "claim", "changed_at"])
def test_what_only_the_store_decides_cannot_be_set_in_passing(store: SqliteStore, field: str) -> None:
    fields: dict[str, Any] = {field: None}
    with store.writing() as writer:
        run = run_in(writer, State.QUEUED)
        with pytest.raises(TypeError, match=field):
            writer.transition(run, Event.CLAIM, by="test", **fields)
        with pytest.raises(TypeError, match=field):
            writer.annotate(run, **fields)


def test_an_annotation_moves_the_version_but_not_the_time_of_the_state(
    store: SqliteStore, clock: HandClock
) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.SUPERSEDED)
    clock.pass_(hours=1)
    with store.writing() as writer:
        noted = writer.annotate(run, superseded_by=9)
    assert (noted.version, noted.changed_at) == (run.version + 1, run.changed_at)
    with store.reading() as reader:
        assert reader.run(run.id) == noted


def test_a_request_to_cancel_names_who_asked(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.APPLYING)
        writer.request_cancel(run, by="ana")
    with store.reading() as reader:
        assert reader.run(run.id).cancel_requested_by == "ana"
        assert reader.audit()[0].action == "run.request_cancel"


def test_a_final_run_cannot_be_canceled(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.APPLIED)
        with pytest.raises(WrongState):
            writer.request_cancel(run, by="ana")


def test_a_run_of_a_stack_that_is_not_known_is_refused(store: SqliteStore) -> None:
    with pytest.raises(StackNotFound), store.writing() as writer:
        writer.add_run(new_run("no/such"))


def test_a_run_that_is_not_known_is_named_in_the_error(store: SqliteStore) -> None:
    with pytest.raises(RunNotFound, match="run-99 not found"), store.reading() as reader:
        reader.run(99)
