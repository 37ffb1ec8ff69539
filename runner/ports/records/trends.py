"""What happened by day, over weeks: counted by the records, so that nobody reads all runs to draw a line.

Days are in UTC. `stacks` are those that count; None for all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.run.life import Kind, State


@dataclass(frozen=True)
class EndedRuns:
    day: date
    kind: Kind
    state: State
    count: int


@dataclass(frozen=True)
class MovedReports:
    day: date
    opened: int
    resolved: int


@dataclass(frozen=True)
class AppliedPlan:
    """An applied run: when its plan was made, when the last person said yes, when the apply ended."""

    planned_at: datetime
    approved_at: datetime | None
    applied_at: datetime


@dataclass(frozen=True)
class FailingStack:
    stack: str
    failures: int
    last_failed_at: datetime


class TrendReader(Protocol):
    def ended_runs(self, since: date, stacks: Collection[str] | None = None) -> list[EndedRuns]: ...
    def moved_reports(self, since: date, stacks: Collection[str] | None = None) -> list[MovedReports]: ...
    def applied_plans(self, since: date, stacks: Collection[str] | None = None) -> list[AppliedPlan]: ...
    def failing_stacks(
        self, since: date, stacks: Collection[str] | None = None, *, limit: int = 10
    ) -> list[FailingStack]:
        """Most failures first."""
        ...
