"""What happened by day: counted by indexes, for the stacks that count."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOON, HandClock, discovered, opened, raw, run_in

from runner.model.approval.approval import Approval, Person
from runner.model.run.life import Event, Kind, State
from runner.ports.records.trends import AppliedPlan, EndedRuns, FailingStack, MovedReports
from runner.store.database import SqliteStore, StoreReader

TODAY, LAST_WEEK = NOON.date(), NOON.date() - timedelta(days=7)
OTHER = "prod/rds"


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[SqliteStore]:
    with opened(tmp_path, clock) as store:
        with store.writing() as writer:
            for name in ("prod/vpc", OTHER):
                writer.save_discovered(discovered(name))
        yield store


def test_runs_are_counted_on_the_day_they_ended(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        run_in(writer, State.APPLIED)
        run_in(writer, State.APPLIED, OTHER)
        run_in(writer, State.NO_CHANGES, kind=Kind.DRIFT)
        run_in(writer, State.QUEUED)
    clock.pass_(days=1)
    with store.writing() as writer:
        run_in(writer, State.PLAN_FAILED)
    with store.reading() as reader:
        found = set(reader.ended_runs(LAST_WEEK))
        later = reader.ended_runs(TODAY + timedelta(days=1))
    failed = EndedRuns(TODAY + timedelta(days=1), Kind.CHANGE, State.PLAN_FAILED, 1)
    assert found == {
        EndedRuns(TODAY, Kind.CHANGE, State.APPLIED, 2),
        EndedRuns(TODAY, Kind.DRIFT, State.NO_CHANGES, 1),
        failed,
    }
    assert later == [failed]


def test_only_the_stacks_that_count_are_counted(store: SqliteStore) -> None:
    with store.writing() as writer:
        run_in(writer, State.PLAN_FAILED)
        run_in(writer, State.APPLIED, OTHER)
        writer.open_report(OTHER, "a" * 40, "one", (), confirmed=True)
    with store.reading() as reader:
        assert reader.ended_runs(LAST_WEEK, [OTHER]) == [EndedRuns(TODAY, Kind.CHANGE, State.APPLIED, 1)]
        assert reader.failing_stacks(LAST_WEEK, [OTHER]) == []
        assert reader.moved_reports(LAST_WEEK, ["prod/vpc"]) == []
        assert reader.applied_plans(LAST_WEEK, []) == []


def test_a_report_is_opened_on_one_day_and_resolved_on_another(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        report = writer.open_report("prod/vpc", "a" * 40, "one", (), confirmed=True)
    clock.pass_(days=2)
    with store.writing() as writer:
        writer.resolve_report(report, by="ana", reason="undone")
    with store.reading() as reader:
        assert reader.moved_reports(LAST_WEEK) == [
            MovedReports(TODAY, 1, 0),
            MovedReports(TODAY + timedelta(days=2), 0, 1),
        ]
        assert reader.moved_reports(TODAY + timedelta(days=1)) == [
            MovedReports(TODAY + timedelta(days=2), 0, 1)
        ]


def test_an_applied_plan_knows_when_the_last_person_said_yes(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        run = writer.transition(run_in(writer, State.PLANNING), Event.OFFER, by="test", planned_at=NOON)
    for name in ("ana", "bo"):
        clock.pass_(hours=1)
        with store.writing() as writer:
            writer.add_approval(Approval(run.id, Person(name, "token"), clock.now(), "", ""))
    with store.writing() as writer:
        for event in (Event.APPROVE, Event.START_APPLY, Event.SUCCEED):
            run = writer.transition(run, event, by="test")
    with store.reading() as reader:
        assert reader.applied_plans(LAST_WEEK) == [
            AppliedPlan(NOON, NOON + timedelta(hours=2), NOON + timedelta(hours=2))
        ]


def test_the_stack_that_fails_most_comes_first(store: SqliteStore) -> None:
    with store.writing() as writer:
        for name, state in (
            ("prod/vpc", State.PLAN_FAILED),
            (OTHER, State.APPLY_FAILED),
            (OTHER, State.PLAN_FAILED),
            (OTHER, State.APPLIED),
        ):
            run_in(writer, state, name)
    with store.reading() as reader:
        assert reader.failing_stacks(LAST_WEEK) == [
            FailingStack(OTHER, 2, NOON),
            FailingStack("prod/vpc", 1, NOON),
        ]
        assert [one.stack for one in reader.failing_stacks(LAST_WEEK, limit=1)] == [OTHER]


def test_trends_are_read_from_indexes_alone(store: SqliteStore, tmp_path: Path) -> None:
    """Rows of a hundred thousand runs would take seconds from a disk."""
    asked: list[str] = []
    with store.reading() as reader:
        assert isinstance(reader, StoreReader)
        reader._connection.set_trace_callback(asked.append)
        reader.ended_runs(LAST_WEEK)
        reader.applied_plans(LAST_WEEK)
        reader.failing_stacks(LAST_WEEK)
        reader.moved_reports(LAST_WEEK)
        reader._connection.set_trace_callback(None)
    with raw(tmp_path / "driftline.db") as connection:
        for sql in asked:
            steps = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            searched = [step for step in steps if "SEARCH runs" in step or "SEARCH reports" in step]
            assert searched
            assert all("USING COVERING INDEX" in step and "_by_day" in step for step in searched), steps
