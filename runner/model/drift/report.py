"""Drift: a difference between a revision that is already applied and the real cloud, and the record of its life."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from runner.model.plan.changes import NOTHING_BESIDES, Action, ApplyOnly, AttributeChange


class DriftClass(StrEnum):
    DRIFT = "drift"  # terraform would change it back
    MISSING = "missing"  # gone in the cloud, terraform would create it again
    ABSORBED = "absorbed"  # moved outside, but terraform would leave it so
    OUTPUT_ONLY = "output_only"  # only an output's value follows what moved
    IGNORED = "ignored"  # a rule says that this does not count
    PARTIAL = "partial"  # left by a run of another revision that was targeted or failed half-way


COUNTED: frozenset[DriftClass] = frozenset({DriftClass.DRIFT, DriftClass.MISSING})


@dataclass(frozen=True)
class Finding:
    address: str
    action: Action
    drift_class: DriftClass
    attributes: tuple[AttributeChange, ...] = ()
    reason: str = ""  # of the ignore rule
    deposed: str | None = None  # the key of an object that was replaced and is not destroyed yet
    run: str = ""  # that left it, where it is partial
    revision: str = ""  # of that run; else it is the report's

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
class DriftReport:
    """The record of one drift. `fingerprint` says that two checks saw the same thing."""

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
    confirmed: bool = True  # seen as often as `confirm` asks; only then it is told

    @property
    def name(self) -> str:
        return f"dr-{self.id}"

    def acknowledged(self, now: datetime) -> bool:
        """Whether somebody has said that it may stay for now; one that lapsed counts as open before a check reopens it."""
        known = self.acknowledgement
        return self.status is ReportStatus.ACKNOWLEDGED and known is not None and now < known.until

    def told(self, now: datetime) -> bool:
        """Whether it waits for a person: confirmed, and neither resolved nor acknowledged."""
        return self.status is not ReportStatus.RESOLVED and self.confirmed and not self.acknowledged(now)
