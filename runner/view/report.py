"""Drift reports: what moved, and what people did about it."""

import json
from collections.abc import Iterable
from datetime import datetime

from runner.model.changes.changes import Action
from runner.model.drift.report import Acknowledgement, Contest, DriftReport, Finding, ReportStatus
from runner.model.values.codec import key
from runner.model.values.frozen import dataclass
from runner.view.apply_only import ApplyOnlyView, apply_only_view
from runner.view.attribute import AttributeRow, attribute_row
from runner.view.document import document
from runner.view.suspect import SuspicionView, suspicion_view
from runner.view.when import ago, ahead, whole
from runner.view.words import found


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """`revision` is the one that it is measured by; `run` left it, where it is no drift but a part of another revision."""

    address: str
    action: Action
    class_: str = key("class")
    counts: bool
    reason: str
    deposed: str | None
    revision: str
    run: str | None
    attributes: tuple[AttributeRow, ...]


@dataclass(frozen=True)
class ContestView:
    """Something undid what was healed, again and again; `other` is who, where that is known."""

    since: datetime
    times: int
    addresses: tuple[str, ...]
    other: str
    reason: str


@dataclass(frozen=True)
class ReportPage:
    """`found` counts what moved; `apply` is what healing it does besides; `cause` is set once it was looked up."""

    id: str
    stack: str
    status: ReportStatus
    confirmed: bool
    revision: str
    first_seen: datetime
    last_seen: datetime
    seen: int
    fingerprint: str
    resolved_at: datetime | None
    acknowledgement: Acknowledgement | None
    found: str
    resources: tuple[FindingRow, ...]
    apply: ApplyOnlyView
    contested: ContestView | None = None
    cause: SuspicionView | None = None

    def note(self, now: datetime) -> str:
        """Who said what about it, or why no one is notified yet."""
        known = self.acknowledgement
        if self.status is ReportStatus.ACKNOWLEDGED and known is not None:
            return f"{known.by}: {known.reason} (returns {ahead(known.until, now)})"
        if self.status is ReportStatus.RESOLVED:
            return f"resolved {ago(self.resolved_at, now)}"
        if self.contested is not None:
            return f"contested: {self.contested.reason}"
        return "" if self.confirmed else "not confirmed yet"


ReportPages = tuple[ReportPage, ...]


def report_pages(reports: Iterable[DriftReport]) -> ReportPages:
    return tuple(map(report_page, reports))


def report_page(of: DriftReport) -> ReportPage:
    return ReportPage(
        id=of.name,
        stack=of.stack,
        status=of.status,
        confirmed=of.confirmed,
        revision=of.revision,
        first_seen=whole(of.first_seen),
        last_seen=whole(of.last_seen),
        seen=of.seen,
        fingerprint=of.fingerprint,
        resolved_at=whole(of.resolved_at),
        acknowledgement=_acknowledgement(of.acknowledgement) if of.acknowledgement else None,
        found=found(of),
        resources=tuple(_finding(finding, of.revision) for finding in of.findings),
        apply=apply_only_view(of.apply_only),
        contested=_contest(of.contest) if of.contest else None,
        cause=suspicion_view(of),
    )


def _contest(of: Contest) -> ContestView:
    return ContestView(whole(of.since), of.times, of.addresses, of.other, of.sentence)


def _acknowledgement(of: Acknowledgement) -> Acknowledgement:
    return Acknowledgement(by=of.by, reason=of.reason, at=whole(of.at), until=whole(of.until))


def _finding(of: Finding, revision: str) -> FindingRow:
    return FindingRow(
        address=of.address,
        action=of.action,
        class_=of.drift_class.value,
        counts=of.counts,
        reason=of.reason,
        deposed=of.deposed,
        revision=of.revision or revision,
        run=of.run or None,
        attributes=tuple(map(attribute_row, of.attributes)),
    )


def report_json(of: DriftReport) -> str:
    """The file that a report is kept as, for programs."""
    return json.dumps(document(report_page(of)), indent=2, sort_keys=True) + "\n"
