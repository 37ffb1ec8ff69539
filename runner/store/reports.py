"""Drift reports: opened, seen again, changed, acknowledged, resolved. A stack has at most one unresolved report."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from runner.errors import ReportChanged, ReportNotFound
from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import NOTHING_BESIDES, ApplyOnly
from runner.model.drift.report import Acknowledgement, Contest, DriftReport, Finding, ReportStatus
from runner.model.values.codec import from_plain, to_plain
from runner.store.audit import Writes
from runner.store.rows import Value, compact, text, text_or_none, time_or_none
from runner.store.session import Session


class ReportReads(Session):
    def report(self, report_id: int) -> DriftReport:
        row = self._one("SELECT * FROM reports WHERE id = ?", report_id)
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
            tests.append("status <> 'resolved'")
        sql = f"SELECT * FROM reports WHERE {' AND '.join(tests)} ORDER BY id DESC"  # noqa: S608
        return [_report(row) for row in self._all(sql, *values)]

    def current_report(self, stack: str) -> DriftReport | None:
        row = self._one("SELECT * FROM reports WHERE stack = ? AND status <> 'resolved'", stack)
        return None if row is None else _report(row)


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
        other = replace(
            report, status=ReportStatus.OPEN, fingerprint=fingerprint, seen=1, acknowledgement=None
        )
        after = self._save_found(report, other, findings, apply_only, confirmed=confirmed)
        self._report_event(after, "change")
        return after

    def acknowledge_report(self, report: DriftReport, acknowledgement: Acknowledgement) -> DriftReport:
        after = replace(report, status=ReportStatus.ACKNOWLEDGED, acknowledgement=acknowledgement)
        self._save_report(report, after)
        detail = {"reason": acknowledgement.reason, "until": text(acknowledgement.until)}
        self._report_event(after, "acknowledge", by=acknowledgement.by, **detail)
        return after

    def reopen_report(self, report: DriftReport, reason: str) -> DriftReport:
        after = replace(report, status=ReportStatus.OPEN, acknowledgement=None)
        self._save_report(report, after)
        self._report_event(after, "reopen", reason=reason)
        return after

    def resolve_report(self, report: DriftReport, *, by: str, reason: str) -> DriftReport:
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
    )


def _acknowledgement(row: sqlite3.Row) -> Acknowledgement | None:
    if row["acknowledged_by"] is None:
        return None
    at, until = (datetime.fromisoformat(row[f"acknowledged_{name}"]) for name in ("at", "until"))
    return Acknowledgement(row["acknowledged_by"], row["acknowledged_reason"], at, until)
