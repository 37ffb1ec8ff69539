"""What is old goes, what something needs stays."""

from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOON, HandClock, discovered, new_run, raw, run_in, sha

from runner.errors import RunNotFound
from runner.model.approval.approval import Approval, Commit, Person
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import Kind, State
from runner.model.stack.lock import Lock
from runner.ports.records.store import Writer
from runner.store.database import SqliteStore

LATER = NOON + timedelta(days=200)


def a_last_run(writer: Writer) -> None:
    """So that no older run is kept for being the last."""
    run_in(writer, State.PLAN_FAILED)


def count(data_dir: Path, table: str) -> int:
    with raw(data_dir / "driftline.db") as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


def test_an_old_run_goes_with_its_details_and_its_audit_stays(store: SqliteStore, tmp_path: Path) -> None:
    with store.writing() as writer:
        old = run_in(writer, State.APPLIED)
        writer.save_plan(old.id, ChangeSet())
        writer.add_approval(Approval(old.id, Person("ana", "sudo"), NOON, "d", "f"))
        a_last_run(writer)
    entries = len(list(store.export_audit()))
    with store.writing() as writer:
        assert writer.prune_runs(LATER) == [1]
    with store.reading() as reader, pytest.raises(RunNotFound):
        reader.run(old.id)
    assert (count(tmp_path, "run_details"), count(tmp_path, "approvals")) == (0, 0)
    assert len(list(store.export_audit())) == entries
    assert store.problems() == []


@pytest.mark.parametrize("state", [s for s in State if s not in {State.NO_CHANGES, State.DRIFTED}])
def test_an_open_run_stays_however_old(store: SqliteStore, state: State) -> None:
    with store.writing() as writer:
        run = run_in(writer, state)
        a_last_run(writer)
        assert writer.prune_runs(LATER) == ([run.id] if run.final else [])


def test_a_run_that_ended_in_time_stays(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        run_in(writer, State.APPLIED)
    clock.pass_(days=10)
    with store.writing() as writer:
        run_in(writer, State.APPLIED)
        a_last_run(writer)
        assert writer.prune_runs(NOON + timedelta(days=5)) == [1]


def test_the_last_run_of_a_stack_stays_and_the_last_that_was_no_check(store: SqliteStore) -> None:
    with store.writing() as writer:
        change = run_in(writer, State.APPLIED)
        run_in(writer, State.NO_CHANGES, kind=Kind.DRIFT)
        check = run_in(writer, State.NO_CHANGES, kind=Kind.DRIFT)
        assert writer.prune_runs(LATER) == [2]
        assert {run.id for run in writer.last_runs().values()} == {check.id}
        assert {run.id for run in writer.last_runs(change_only=True).values()} == {change.id}


def test_the_run_that_was_applied_stays(store: SqliteStore) -> None:
    with store.writing() as writer:
        writer.mark_applied(run_in(writer, State.APPLIED))
        a_last_run(writer)
        assert writer.prune_runs(LATER) == []


def test_the_run_that_a_lock_names_stays(store: SqliteStore) -> None:
    with store.writing() as writer:
        run = run_in(writer, State.INTERRUPTED)
        writer.place_lock(Lock("prod/vpc", run.name, "half done", NOON, run=run.id), by="driftline")
        a_last_run(writer)
        assert writer.prune_runs(LATER) == []


def test_the_run_of_a_report_stays_until_the_report_is_resolved(store: SqliteStore) -> None:
    with store.writing() as writer:
        report = writer.open_report("prod/vpc", "a", "f", (), confirmed=True)
        run_in(writer, State.DRIFTED, kind=Kind.DRIFT, report=report.id)
        run_in(writer, State.NO_CHANGES, kind=Kind.DRIFT)
        assert writer.prune_runs(LATER) == []
        writer.resolve_report(report, by="driftline", reason="clean")
        assert writer.prune_runs(LATER) == [1]


def test_definitions_and_commits_that_nothing_names_go_with_the_last_run(
    store: SqliteStore, tmp_path: Path
) -> None:
    def commit(revision: str) -> Commit:
        return Commit(revision, "Ana", "a@x", "Ana", "a@x", NOON, "s")

    with store.writing() as writer:
        run_in(writer, State.APPLIED, revision="b" * 40, definition=discovered(parallelism=3).definition)
        a_last_run(writer)
        writer.save_commit("infra", commit("a" * 40))
        writer.save_commit("infra", commit("b" * 40))
        writer.prune_runs(LATER)
        assert writer.commit("infra", "a" * 40) is not None
        assert writer.commit("infra", "b" * 40) is None
    assert count(tmp_path, "definitions") == 1


def test_a_number_is_never_given_twice(store: SqliteStore) -> None:
    with store.writing() as writer:
        run_in(writer, State.APPLIED)
        run_in(writer, State.APPLIED)
        report = writer.open_report("prod/vpc", "a", "f", (), confirmed=True)
        writer.resolve_report(report, by="driftline", reason="clean")
        writer.prune_reports(LATER)
    with store.writing() as writer:
        a_last_run(writer)
        assert writer.prune_runs(LATER) == [1, 2]
        assert writer.add_run(new_run()).id == 4
        assert writer.open_report("prod/vpc", "a", "f", (), confirmed=True).id == 2


def test_only_reports_that_were_resolved_long_ago_go(store: SqliteStore, clock: HandClock) -> None:
    with store.writing() as writer:
        old = writer.open_report("prod/vpc", "a", sha("1"), (), confirmed=True)
        writer.resolve_report(old, by="driftline", reason="clean")
    clock.pass_(days=10)
    with store.writing() as writer:
        new = writer.open_report("prod/vpc", "a", sha("2"), (), confirmed=True)
        writer.resolve_report(new, by="driftline", reason="clean")
        writer.open_report("prod/vpc", "a", sha("3"), (), confirmed=True)
        assert writer.prune_reports(NOON + timedelta(days=5)) == [1]
        assert [report.id for report in writer.reports(open_only=False)] == [3, 2]


def test_only_old_events_leave_the_outbox(store: SqliteStore, clock: HandClock, tmp_path: Path) -> None:
    with store.writing() as writer:
        run_in(writer, State.PLANNING)
    clock.pass_(days=1)
    with store.writing() as writer:
        writer.add_run(new_run())
    with store.writing() as writer:
        assert writer.prune_outbox(NOON + timedelta(hours=1)) == 2
    assert count(tmp_path, "outbox") == 1
