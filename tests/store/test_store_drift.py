"""The life of a drift report."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOON, HandClock, discovered, opened, raw, sha

from runner.errors import ReportChanged, ReportNotFound
from runner.model.changes.changes import (
    MASK,
    NOTHING_BESIDES,
    Action,
    ApplyOnly,
    AttributeChange,
    Place,
    Setting,
)
from runner.model.drift.report import Acknowledgement, DriftClass, DriftReport, Finding, ReportStatus
from runner.ports.records.store import Writer
from runner.store.database import SqliteStore

FINDINGS = (
    Finding(
        "aws_vpc.main",
        Action.UPDATE,
        DriftClass.DRIFT,
        (
            AttributeChange("tags.env", "prod", None),
            AttributeChange("secret", MASK, MASK, forces_replacement=True),
        ),
    ),
    Finding("aws_subnet.a", Action.NO_OP, DriftClass.IGNORED, reason="the autoscaler owns it"),
)
ACK = Acknowledgement("ana", "known, ticket 12", NOON, NOON + timedelta(days=14))


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[SqliteStore]:
    with opened(tmp_path, clock) as store:
        with store.writing() as writer:
            writer.save_discovered(discovered())
            writer.save_discovered(discovered("prod/rds"))
        yield store


def a_report(store: SqliteStore, *, confirmed: bool = True) -> DriftReport:
    with store.writing() as writer:
        return writer.open_report("prod/vpc", "a" * 40, sha("drift"), FINDINGS, confirmed=confirmed)


def stored(store: SqliteStore) -> DriftReport:
    with store.reading() as reader:
        return reader.report(1)


def topics(path: Path) -> list[str]:
    with raw(path / "driftline.db") as connection:
        return [row["topic"] for row in connection.execute("SELECT topic FROM outbox ORDER BY id")]


def test_a_report_is_kept_with_all_that_was_found(store: SqliteStore) -> None:
    report = a_report(store)
    assert (report.name, report.status, report.seen) == ("dr-1", ReportStatus.OPEN, 1)
    assert (report.first_seen, report.last_seen, report.findings) == (NOON, NOON, FINDINGS)
    assert stored(store) == report


def test_what_healing_does_besides_is_kept_as_it_was_last_seen(store: SqliteStore) -> None:
    report = a_report(store)
    assert stored(store).apply_only == NOTHING_BESIDES
    where = ApplyOnly(
        places=(Place("aws", (Setting("region", "eu-west-1"),)),), provisioners=("aws_vpc.main",)
    )
    with store.writing() as writer:
        report = writer.see_report(report, FINDINGS, where, confirmed=True)
    assert stored(store) == report
    assert stored(store).apply_only == where
    with store.writing() as writer:
        report = writer.change_report(report, sha("other"), FINDINGS, NOTHING_BESIDES, confirmed=True)
    assert stored(store).apply_only == NOTHING_BESIDES


def test_a_stack_has_one_report_that_is_not_resolved(store: SqliteStore) -> None:
    a_report(store)
    with pytest.raises(ReportChanged, match="dr-1"):
        a_report(store)
    with store.reading() as reader:
        assert [report.id for report in reader.reports()] == [1]


def test_the_schema_refuses_a_second_report_that_is_not_resolved(store: SqliteStore, tmp_path: Path) -> None:
    a_report(store)
    with store.writing() as writer:
        writer.open_report("prod/rds", "a", "f", (), confirmed=True)
    with (
        raw(tmp_path / "driftline.db") as connection,
        pytest.raises(Exception, match="UNIQUE constraint failed"),
    ):
        connection.execute("UPDATE reports SET stack = 'prod/vpc'")


def test_the_same_drift_again_is_counted(store: SqliteStore, clock: HandClock) -> None:
    report = a_report(store)
    later = clock.pass_(hours=4)
    with store.writing() as writer:
        seen = writer.see_report(report, FINDINGS[:1], confirmed=True)
    assert (seen.seen, seen.first_seen, seen.last_seen, seen.findings) == (2, NOON, later, FINDINGS[:1])
    assert stored(store) == seen


def test_drift_events_come_when_found_and_when_confirmed_only(store: SqliteStore, tmp_path: Path) -> None:
    report = a_report(store, confirmed=False)
    with store.writing() as writer:
        report = writer.see_report(report, FINDINGS, confirmed=False)
        report = writer.see_report(report, FINDINGS, confirmed=True)
        writer.see_report(report, FINDINGS, confirmed=True)
    assert topics(tmp_path) == ["drift.open", "drift.confirm"]


def test_another_drift_restarts_the_count_and_no_acknowledgement_covers_it(store: SqliteStore) -> None:
    report = a_report(store)
    with store.writing() as writer:
        report = writer.acknowledge_report(writer.see_report(report, FINDINGS, confirmed=True), ACK)
        changed = writer.change_report(report, sha("other"), FINDINGS[:1], confirmed=False)
    assert (changed.status, changed.acknowledgement, changed.seen) == (ReportStatus.OPEN, None, 1)
    assert (changed.fingerprint, changed.confirmed, changed.first_seen) == (sha("other"), False, NOON)
    assert stored(store) == changed


def test_an_acknowledgement_is_kept_until_it_is_reopened(store: SqliteStore) -> None:
    report = a_report(store)
    with store.writing() as writer:
        report = writer.acknowledge_report(report, ACK)
        assert writer.report(1) == report
        assert (report.status, report.acknowledgement) == (ReportStatus.ACKNOWLEDGED, ACK)
        report = writer.reopen_report(report, "the acknowledgement expired")
    assert (stored(store).status, stored(store).acknowledgement) == (ReportStatus.OPEN, None)


def test_a_resolved_report_is_final_and_makes_place_for_the_next(
    store: SqliteStore, clock: HandClock
) -> None:
    report = a_report(store)
    later = clock.pass_(hours=1)
    with store.writing() as writer:
        resolved = writer.resolve_report(report, by="driftline", reason="clean")
    assert (resolved.status, resolved.resolved_at) == (ReportStatus.RESOLVED, later)
    answers: tuple[Callable[[Writer], DriftReport], ...] = (
        lambda w: w.see_report(resolved, FINDINGS, confirmed=True),
        lambda w: w.acknowledge_report(resolved, ACK),
        lambda w: w.reopen_report(resolved, "no"),
        lambda w: w.resolve_report(resolved, by="ana", reason=""),
    )
    for answer in answers:
        with pytest.raises(ReportChanged), store.writing() as writer:
            answer(writer)
    assert a_report(store).name == "dr-2"
    with store.reading() as reader:
        assert reader.report(1) == resolved


def test_an_answer_to_drift_that_changed_meanwhile_is_refused(store: SqliteStore) -> None:
    seen_by_ana = a_report(store)
    with store.writing() as writer:
        writer.change_report(seen_by_ana, sha("worse"), FINDINGS, confirmed=True)
    with pytest.raises(ReportChanged), store.writing() as writer:
        writer.acknowledge_report(seen_by_ana, ACK)
    assert stored(store).status is ReportStatus.OPEN


def test_every_step_has_an_audit_entry_and_an_event(store: SqliteStore, tmp_path: Path) -> None:
    report = a_report(store)
    with store.writing() as writer:
        report = writer.change_report(report, sha("b"), FINDINGS, confirmed=True)
        report = writer.acknowledge_report(report, ACK)
        report = writer.reopen_report(report, "lapsed")
        writer.resolve_report(report, by="bo", reason="healed")
        entries = writer.audit(subject="dr-1")
    actions = ["drift.open", "drift.change", "drift.acknowledge", "drift.reopen", "drift.resolve"]
    assert [entry.action for entry in reversed(entries)] == actions
    assert [entry.actor for entry in reversed(entries)] == [
        "driftline",
        "driftline",
        "ana",
        "driftline",
        "bo",
    ]
    assert topics(tmp_path) == actions
    with raw(tmp_path / "driftline.db") as connection:
        shown = json.loads(connection.execute("SELECT payload FROM outbox ORDER BY id DESC").fetchone()[0])
    assert (shown["stack"], shown["report"], shown["status"], shown["counted"]) == (
        "prod/vpc",
        1,
        "resolved",
        1,
    )


def test_reports_are_listed_by_stack_and_by_whether_they_are_resolved(store: SqliteStore) -> None:
    with store.writing() as writer:
        old = writer.open_report("prod/vpc", "a", "f", (), confirmed=True)
        writer.resolve_report(old, by="driftline", reason="clean")
        writer.open_report("prod/vpc", "a", "f", (), confirmed=True)
        writer.open_report("prod/rds", "a", "f", (), confirmed=True)
    with store.reading() as reader:
        assert [r.id for r in reader.reports()] == [3, 2]
        assert [r.id for r in reader.reports(open_only=False)] == [3, 2, 1]
        assert [r.id for r in reader.reports(stack="prod/vpc")] == [2]
        current = reader.current_report("prod/vpc")
        assert current is not None
        assert current.id == 2


def test_a_stack_without_drift_has_no_current_report(store: SqliteStore) -> None:
    with store.reading() as reader:
        assert reader.current_report("prod/vpc") is None
        with pytest.raises(ReportNotFound, match="dr-9 not found"):
            reader.report(9)
