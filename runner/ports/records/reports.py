"""Drift reports: a stack has at most one that is not resolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from runner.model.changes.changes import ApplyOnly
    from runner.model.drift.report import Acknowledgement, Contest, DriftReport, Finding
    from runner.model.suspects.own import OwnRun
    from runner.model.suspects.suspect import Suspicion


class ReportReader(Protocol):
    def report(self, report_id: int) -> DriftReport: ...
    def reports(self, *, stack: str | None = None, open_only: bool = True) -> list[DriftReport]: ...
    def current_report(self, stack: str) -> DriftReport | None:
        """The one that is not resolved."""
        ...

    def report_to_explain(self, now: datetime, resolved_since: datetime) -> DriftReport | None:
        """One whose cause was not looked up yet, or is due to be looked up again; also if it was resolved since then."""
        ...

    def clean_before(self, stack: str, at: datetime) -> datetime | None:
        """When the last check that found nothing began before that time, or the last apply."""
        ...

    def applies_between(self, since: datetime, until: datetime) -> dict[str, OwnRun]:
        """Runs of all stacks that may have changed something in that time, by name."""
        ...


class ReportWriter(ReportReader, Protocol):
    def open_report(
        self,
        stack: str,
        revision: str,
        fingerprint: str,
        findings: Sequence[Finding],
        apply_only: ApplyOnly = ...,
        *,
        confirmed: bool,
    ) -> DriftReport: ...
    def see_report(
        self,
        report: DriftReport,
        findings: Sequence[Finding],
        apply_only: ApplyOnly = ...,
        *,
        confirmed: bool,
    ) -> DriftReport: ...
    def change_report(
        self,
        report: DriftReport,
        fingerprint: str,
        findings: Sequence[Finding],
        apply_only: ApplyOnly = ...,
        *,
        confirmed: bool,
    ) -> DriftReport: ...
    def acknowledge_report(self, report: DriftReport, acknowledgement: Acknowledgement) -> DriftReport: ...
    def reopen_report(self, report: DriftReport, reason: str) -> DriftReport: ...
    def resolve_report(self, report: DriftReport, *, by: str, reason: str) -> DriftReport: ...
    def contest_report(self, report: DriftReport, contest: Contest) -> DriftReport: ...
    def save_suspicion(self, suspicion: Suspicion, *, tell: bool) -> None:
        """Who may have caused the drift. With `tell` it is an event of the feed."""
        ...
