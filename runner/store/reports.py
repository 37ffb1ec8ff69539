"""Drift reports: opened, seen again, changed, acknowledged, resolved. A stack has at most one unresolved report."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.errors import ReportChanged, ReportNotFound
from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import NOTHING_BESIDES, ApplyOnly
from runner.model.values.codec import from_plain, to_plain
from runner.store.audit import Writes
from runner.store.rows import Value, compact, text, text_or_none, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.drift.report import Acknowledgement, Contest, DriftReport, Finding
    from runner.model.suspects.own import OwnRun
    from runner.model.suspects.suspect import Suspicion

# What was looked up about another drift of the report does not count.
_REPORTS = """
    SELECT r.*, s.suspicion FROM reports r
    LEFT JOIN suspicions s ON s.report = r.id AND s.fingerprint = r.fingerprint
"""


# When a run began to look at the cloud, or to change it: it may have waited for long before.
_BEGAN = """
    coalesce((SELECT max(at) FROM outbox WHERE at >= r.created_at AND subject = 'run-' || r.id AND topic IN ('run.planning', 'run.applying')), r.created_at)
"""


class ReportReads(Session):
    def report(self, report_id: int) -> DriftReport:
        row = self._one(f"{_REPORTS} WHERE id = ?", report_id)
        if row is None:
            raise ReportNotFound(report=f"dr-{report_id}")
        return _report(row)

    def reports(self, *, stack: str | None = None, open_only: bool = True) -> list[DriftReport]:
        """Newest first; with `open_only` the unresolved ones."""
        tests, values = ["1"], []
        if stack is not None:
            tests.append("stack = ?")
            values.append(stack)
        if open_only:
            # By a partial index: reports are kept for years.
            tests.append("r.id IN (SELECT id FROM reports WHERE status <> 'resolved')")
        sql = f"{_REPORTS} WHERE {' AND '.join(tests)} ORDER BY id DESC"
        return [_report(row) for row in self._all(sql, *values)]

    def current_report(self, stack: str) -> DriftReport | None:
        row = self._one(f"{_REPORTS} WHERE stack = ? AND status <> 'resolved'", stack)
        return None if row is None else _report(row)

    def report_to_explain(self, now: datetime, resolved_since: datetime) -> DriftReport | None:
        # By two partial indexes: this is asked each second, and reports are kept for years.
        recent = """
            SELECT id FROM reports WHERE status <> 'resolved'
            UNION ALL SELECT id FROM reports WHERE status = 'resolved' AND resolved_at > ?
        """
        sql = f"""
            {_REPORTS} WHERE r.id IN ({recent}) AND (s.report IS NULL OR s.next_look <= ?)
            ORDER BY s.report IS NOT NULL, id DESC LIMIT 1
        """
        row = self._one(sql, text(resolved_since), text(now))
        return None if row is None else _report(row)

    def clean_before(self, stack: str, at: datetime) -> datetime | None:
        sql = f"""
            SELECT {_BEGAN} AS at FROM runs r WHERE stack = ? AND changed_at <= ?
            AND (kind = 'drift' AND state = 'no_changes' OR state IN ('applied', 'apply_failed'))
            ORDER BY changed_at DESC LIMIT 1
        """  # noqa: S608 - a constant
        row = self._one(sql, stack, text(at))
        return None if row is None else datetime.fromisoformat(row["at"])

    def applies_between(self, since: datetime, until: datetime) -> dict[str, OwnRun]:
        from runner.model.suspects.own import OwnRun

        sql = f"""
            SELECT id, stack, state, {_BEGAN} AS since, changed_at AS until FROM runs r WHERE kind <> 'drift'
            AND state IN ('applying', 'applied', 'apply_failed', 'interrupted') AND created_at <= ? AND (changed_at >= ? OR state = 'applying')
        """  # noqa: S608 - a constant
        return {
            f"run-{row['id']}": OwnRun(
                row["stack"],
                datetime.fromisoformat(row["since"]),
                max(until, datetime.fromisoformat(row["until"]))
                if row["state"] == "applying"
                else datetime.fromisoformat(row["until"]),
            )
            for row in self._all(sql, text(until), text(since))
        }


class ReportWrites(ReportReads, Writes):
    def open_report(
        self,
        stack: str,
        revision: str,
        fingerprint: str,
        findings: Sequence[Finding],
        apply_only: ApplyOnly = NOTHING_BESIDES,
        *,
        confirmed: bool,
    ) -> DriftReport:
        """ReportChanged if the stack has an unresolved one."""
        from runner.model.drift.report import DriftReport, ReportStatus

        current = self.current_report(stack)
        if current is not None:
            raise ReportChanged(report=current.name, status=current.status)
        report = DriftReport(
            id=0,
            stack=stack,
            status=ReportStatus.OPEN,
            revision=revision,
            fingerprint=fingerprint,
            first_seen=self._now,
            last_seen=self._now,
            seen=1,
            findings=tuple(findings),
            apply_only=apply_only,
            confirmed=confirmed,
        )
        report = replace(report, id=self._insert("reports", _row(report)))
        self._report_event(report, "open")
        return report

    def see_report(
        self,
        report: DriftReport,
        findings: Sequence[Finding],
        apply_only: ApplyOnly = NOTHING_BESIDES,
        *,
        confirmed: bool,
    ) -> DriftReport:
        """The same drift again; an event only if that confirms it."""
        again = replace(report, seen=report.seen + 1)
        after = self._save_found(report, again, findings, apply_only, confirmed=confirmed)
        if confirmed and not report.confirmed:
            self._report_event(after, "confirm")
        return after

    def change_report(
        self,
        report: DriftReport,
        fingerprint: str,
        findings: Sequence[Finding],
        apply_only: ApplyOnly = NOTHING_BESIDES,
        *,
        confirmed: bool,
    ) -> DriftReport:
        """Another drift of the same stack: `seen` starts again, and no acknowledgement covers it."""
        from runner.model.drift.report import ReportStatus

        other = replace(
            report,
            status=ReportStatus.OPEN,
            fingerprint=fingerprint,
            seen=1,
            acknowledgement=None,
            suspicion=None,
        )
        after = self._save_found(report, other, findings, apply_only, confirmed=confirmed)
        self._report_event(after, "change")
        return after

    def acknowledge_report(self, report: DriftReport, acknowledgement: Acknowledgement) -> DriftReport:
        from runner.model.drift.report import ReportStatus

        after = replace(report, status=ReportStatus.ACKNOWLEDGED, acknowledgement=acknowledgement)
        self._save_report(report, after)
        detail = {"reason": acknowledgement.reason, "until": text(acknowledgement.until)}
        self._report_event(after, "acknowledge", by=acknowledgement.by, **detail)
        return after

    def reopen_report(self, report: DriftReport, reason: str) -> DriftReport:
        from runner.model.drift.report import ReportStatus

        after = replace(report, status=ReportStatus.OPEN, acknowledgement=None)
        self._save_report(report, after)
        self._report_event(after, "reopen", reason=reason)
        return after

    def resolve_report(self, report: DriftReport, *, by: str, reason: str) -> DriftReport:
        from runner.model.drift.report import ReportStatus

        after = replace(report, status=ReportStatus.RESOLVED, resolved_at=self._now)
        self._save_report(report, after)
        self._report_event(after, "resolve", by=by, reason=reason)
        return after

    def contest_report(self, report: DriftReport, contest: Contest) -> DriftReport:
        """Nothing heals it without a person from now on, however the drift changes."""
        after = replace(report, contest=contest)
        self._save_report(report, after)
        self._report_event(after, "contest", reason=contest.sentence)
        return after

    def save_suspicion(self, suspicion: Suspicion, *, tell: bool) -> None:
        from runner.model.drift.suspicion_text import headline
        from runner.model.events.feed import ReportExplained

        row: dict[str, Value] = {
            "report": suspicion.report,
            "fingerprint": suspicion.fingerprint,
            "suspicion": compact(to_plain(suspicion)),
            "next_look": text_or_none(suspicion.next_look),
        }
        self._upsert("suspicions", row, "report")
        if tell:
            report = self.report(suspicion.report)
            explained = ReportExplained(report.id, report.stack, report.fingerprint, headline(report))
            self._emit("drift.explain", report.name, explained)

    def _save_found(
        self,
        before: DriftReport,
        after: DriftReport,
        findings: Sequence[Finding],
        apply_only: ApplyOnly,
        *,
        confirmed: bool,
    ) -> DriftReport:
        """What a check has just found."""
        after = replace(
            after, last_seen=self._now, findings=tuple(findings), apply_only=apply_only, confirmed=confirmed
        )
        self._save_report(before, after)
        return after

    def _save_report(self, before: DriftReport, after: DriftReport) -> None:
        """An answer only applies to what was read: another fingerprint is another drift, and resolved is final."""
        from runner.model.drift.report import ReportStatus

        seen: dict[str, Value] = {"id": before.id, "status": before.status, "fingerprint": before.fingerprint}
        resolved = before.status is ReportStatus.RESOLVED
        if resolved or not self._update("reports", _row(after), seen):
            raise ReportChanged(report=before.name, status=self.report(before.id).status)

    def _report_event(self, report: DriftReport, event: str, *, by: str = DAEMON, **detail: str) -> None:
        from runner.model.events.feed import ReportMoved

        facts: dict[str, Any] = {
            "stack": report.stack,
            "status": report.status,
            "revision": report.revision,
            "fingerprint": report.fingerprint,
            "confirmed": report.confirmed,
            "counted": sum(finding.counts for finding in report.findings),
            **detail,
        }
        self.audit_note(by, f"drift.{event}", report.name, facts)
        moved = ReportMoved(
            report=report.id,
            stack=report.stack,
            status=report.status,
            revision=report.revision,
            fingerprint=report.fingerprint,
            confirmed=report.confirmed,
            counted=facts["counted"],
            by=by,
            reason=detail.get("reason", ""),
        )
        self._emit(f"drift.{event}", report.name, moved)


def _row(report: DriftReport) -> dict[str, Value]:
    """Every column except `id`."""
    ack = report.acknowledgement
    return {
        "stack": report.stack,
        "status": report.status,
        "revision": report.revision,
        "fingerprint": report.fingerprint,
        "first_seen": text(report.first_seen),
        "last_seen": text(report.last_seen),
        "seen": report.seen,
        "findings": compact([to_plain(finding) for finding in report.findings]),
        "apply_only": compact(to_plain(report.apply_only)),
        "acknowledged_by": ack.by if ack else None,
        "acknowledged_reason": ack.reason if ack else None,
        "acknowledged_at": text(ack.at) if ack else None,
        "acknowledged_until": text(ack.until) if ack else None,
        "resolved_at": text_or_none(report.resolved_at),
        "confirmed": report.confirmed,
        "contest": compact(to_plain(report.contest)) if report.contest else None,
    }


def _report(row: sqlite3.Row) -> DriftReport:
    from runner.model.drift.report import Contest, DriftReport, Finding, ReportStatus

    return DriftReport(
        id=row["id"],
        stack=row["stack"],
        status=ReportStatus(row["status"]),
        revision=row["revision"],
        fingerprint=row["fingerprint"],
        first_seen=datetime.fromisoformat(row["first_seen"]),
        last_seen=datetime.fromisoformat(row["last_seen"]),
        seen=row["seen"],
        findings=tuple(from_plain(Finding, one) for one in json.loads(row["findings"])),
        apply_only=from_plain(ApplyOnly, json.loads(row["apply_only"])),
        acknowledgement=_acknowledgement(row),
        resolved_at=time_or_none(row["resolved_at"]),
        confirmed=bool(row["confirmed"]),
        contest=from_plain(Contest, json.loads(row["contest"])) if row["contest"] else None,
        suspicion=_suspicion(row["suspicion"]),
    )


def _acknowledgement(row: sqlite3.Row) -> Acknowledgement | None:
    from runner.model.drift.report import Acknowledgement

    if row["acknowledged_by"] is None:
        return None
    at, until = (datetime.fromisoformat(row[f"acknowledged_{name}"]) for name in ("at", "until"))
    return Acknowledgement(row["acknowledged_by"], row["acknowledged_reason"], at, until)


def _suspicion(stored: str | None) -> Suspicion | None:
    if not stored:
        return None
    from runner.model.suspects.suspect import Suspicion

    return from_plain(Suspicion, json.loads(stored))
