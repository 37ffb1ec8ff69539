"""Drift reports, without suspects from stacks that the caller may not see."""

from dataclasses import replace
from datetime import datetime

from runner.api.scope.seen import Seen
from runner.errors import ReportNotFound
from runner.model.drift.report import DriftReport
from runner.model.suspects.own import OwnRun


class SeenReports(Seen):
    def report(self, report_id: int) -> DriftReport:
        report = self.whole.report(report_id)
        if not self.sees(report.stack):
            raise ReportNotFound(report=f"dr-{report_id}")
        return self._without_others(report)

    def reports(self, *, stack: str | None = None, open_only: bool = True) -> list[DriftReport]:
        found = self._only(self.whole.reports(stack=stack, open_only=open_only), lambda report: report.stack)
        return list(map(self._without_others, found))

    def current_report(self, stack: str) -> DriftReport | None:
        found = self.whole.current_report(stack) if self.sees(stack) else None
        return None if found is None else self._without_others(found)

    def _without_others(self, report: DriftReport) -> DriftReport:
        """A run of another stack may have caused the drift: which one is told to those who see that stack."""
        known = report.suspicion
        if known is None or all(not one.stack or self.sees(one.stack) for one in known.suspects):
            return report
        suspects = tuple(one if self.sees(one.stack) else replace(one, stack="") for one in known.suspects)
        return replace(report, suspicion=replace(known, suspects=suspects))

    def report_to_explain(self, now: datetime, resolved_since: datetime) -> DriftReport | None:
        found = self.whole.report_to_explain(now, resolved_since)
        return found if found is not None and self.sees(found.stack) else None

    def clean_before(self, stack: str, at: datetime) -> datetime | None:
        return self.whole.clean_before(stack, at) if self.sees(stack) else None

    def applies_between(self, since: datetime, until: datetime) -> dict[str, OwnRun]:
        found = self.whole.applies_between(since, until)
        return {name: run for name, run in found.items() if self.sees(run.stack)}
