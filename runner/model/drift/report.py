"""Drift: a difference between a revision that is already applied and the real cloud, and the record of its life."""

from datetime import datetime
from enum import StrEnum

from runner.model.changes.changes import NOTHING_BESIDES, Action, ApplyOnly, AttributeChange
from runner.model.suspects.suspect import Suspicion
from runner.model.values.frozen import dataclass


class DriftClass(StrEnum):
    DRIFT = "drift"  # terraform would change it back
    MISSING = "missing"  # gone in the cloud, terraform would create it again
    ABSORBED = "absorbed"  # changed outside, but terraform would leave it
    OUTPUT_ONLY = "output_only"  # only an output follows what changed
    IGNORED = "ignored"  # a rule says that it does not count
    CONTEXT = (
        "context"  # follows from a value of the operator that changed since the apply; nothing moved outside
    )
    UPSTREAM = "upstream"  # follows from an output of another stack that changed since the apply
    PARTIAL = "partial"  # left by a run of another revision that was targeted or failed half-way


COUNTED: frozenset[DriftClass] = frozenset({DriftClass.DRIFT, DriftClass.MISSING})


@dataclass(frozen=True)
class Finding:
    address: str
    action: Action
    drift_class: DriftClass
    attributes: tuple[AttributeChange, ...] = ()
    reason: str = ""  # of the ignore rule
    deposed: str | None = None  # the key of a replaced object that is not destroyed yet
    run: str = ""  # the run that left it, if partial
    revision: str = ""  # of that run; otherwise the report's
    type: str = ""  # of a resource that its cloud can be asked about
    names: tuple[tuple[str, str], ...] = ()  # by attribute: what identifies it there

    @property
    def counts(self) -> bool:
        return self.drift_class in COUNTED


class ReportStatus(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Acknowledgement:
    by: str
    reason: str
    at: datetime
    until: datetime


@dataclass(frozen=True)
class Contest:
    """Something undid what heal rules let pass, again and again. `other` is who, where that is known."""

    since: datetime
    times: int
    addresses: tuple[str, ...]
    other: str = ""

    @property
    def sentence(self) -> str:
        """Such as `aws_s3_bucket.a was healed 3 times and drifted again`."""
        first, *more = self.addresses
        others = f" and {len(more)} more" if more else ""
        by = f"; {self.other}" if self.other else ""
        return f"{first}{others} was healed {self.times} times and drifted again{by}"


@dataclass(frozen=True)
class DriftReport:
    """The record of one drift. `fingerprint` is equal if two checks saw the same drift."""

    id: int
    stack: str
    status: ReportStatus
    revision: str
    fingerprint: str
    first_seen: datetime
    last_seen: datetime
    seen: int
    findings: tuple[Finding, ...]
    acknowledgement: Acknowledgement | None = None
    resolved_at: datetime | None = None
    apply_only: ApplyOnly = NOTHING_BESIDES  # what undoing it does besides
    confirmed: bool = True  # seen in `confirm` consecutive checks; only then is it reported
    contest: Contest | None = None  # while it lasts, nothing heals it without a person
    suspicion: Suspicion | None = None  # who may have caused it, once that was looked up

    @property
    def name(self) -> str:
        return f"dr-{self.id}"

    def acknowledged(self, now: datetime) -> bool:
        """Whether a person accepted it for now; a lapsed one counts as open even before a check reopens it."""
        known = self.acknowledgement
        return self.status is ReportStatus.ACKNOWLEDGED and known is not None and now < known.until

    def is_reported(self, now: datetime) -> bool:
        """Whether it needs a person: confirmed, and neither resolved nor acknowledged."""
        return self.status is not ReportStatus.RESOLVED and self.confirmed and not self.acknowledged(now)
