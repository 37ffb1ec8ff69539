"""Drift reports: a stack has at most one that is not resolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.changes.changes import ApplyOnly
    from runner.model.drift.report import Acknowledgement, Contest, DriftReport, Finding


class ReportReader(Protocol):
    def report(self, report_id: int) -> DriftReport: ...
    def reports(self, *, stack: str | None = None, open_only: bool = True) -> list[DriftReport]: ...
    def current_report(self, stack: str) -> DriftReport | None:
        """The one that is not resolved."""
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
