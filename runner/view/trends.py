"""How it went, day by day: runs by result, drift that came and went, how long people were waited for."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from statistics import median

from runner.model.run.life import FAILED, Kind, State
from runner.model.values.frozen import dataclass
from runner.ports.records.trends import AppliedPlan, EndedRuns, MovedReports, TrendReader
from runner.view.when import whole

_RESULTS: Mapping[State, str] = {
    State.APPLIED: "applied",
    State.NO_CHANGES: "unchanged",
    State.DRIFTED: "drifted",
    State.REJECTED: "stopped",
    State.CANCELED: "stopped",
    State.SUPERSEDED: "stopped",
} | dict.fromkeys(FAILED, "failed")


@dataclass(frozen=True)
class RunsRow:
    """Of changes. `stopped` were rejected, canceled, or superseded by a newer revision."""

    applied: int = 0
    unchanged: int = 0
    stopped: int = 0
    failed: int = 0


@dataclass(frozen=True)
class ChecksRow:
    """Of drift checks; `unchanged` found nothing."""

    unchanged: int = 0
    drifted: int = 0
    stopped: int = 0
    failed: int = 0


@dataclass(frozen=True)
class DayRow:
    """`day` is in UTC, such as `2026-11-29`. The seconds are medians of what was applied on it: from the plan to
    the last approval, and from there to the end of the apply.
    """

    day: str
    runs: RunsRow
    checks: ChecksRow
    drift_opened: int
    drift_resolved: int
    seconds_to_approval: float | None
    seconds_to_applied: float | None


@dataclass(frozen=True)
class FailingRow:
    stack: str
    failures: int
    last_failed_at: datetime


@dataclass(frozen=True)
class TrendsPage:
    """`days` are complete and oldest first; the last one is today. The seconds are medians of all days."""

    days: tuple[DayRow, ...]
    seconds_to_approval: float | None
    seconds_to_applied: float | None
    failing: tuple[FailingRow, ...]


def trends_page(reader: TrendReader, now: datetime, days: int) -> TrendsPage:
    today = now.date()
    since = today - timedelta(days=days - 1)
    plans = reader.applied_plans(since)
    rows = _days(
        [since + timedelta(days=number) for number in range(days)],
        reader.ended_runs(since),
        reader.moved_reports(since),
        plans,
    )
    failing = (
        FailingRow(one.stack, one.failures, whole(one.last_failed_at)) for one in reader.failing_stacks(since)
    )
    return TrendsPage(tuple(rows), _median(_to_approval(plans)), _median(_to_applied(plans)), tuple(failing))


def _days(
    days: Iterable[date],
    ended: Iterable[EndedRuns],
    moved: Iterable[MovedReports],
    applied: Iterable[AppliedPlan],
) -> Iterator[DayRow]:
    changes: defaultdict[date, Counter[str]] = defaultdict(Counter)
    checks: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for one in ended:
        if one.kind is Kind.PREVIEW:
            continue
        (checks if one.kind is Kind.DRIFT else changes)[one.day][_RESULTS[one.state]] += one.count
    reports = {one.day: one for one in moved}
    plans: defaultdict[date, list[AppliedPlan]] = defaultdict(list)
    for plan in applied:
        plans[plan.applied_at.date()].append(plan)
    for day in days:
        drift = reports.get(day)
        yield DayRow(
            day=day.isoformat(),
            runs=RunsRow(**changes[day]),
            checks=ChecksRow(**checks[day]),
            drift_opened=drift.opened if drift else 0,
            drift_resolved=drift.resolved if drift else 0,
            seconds_to_approval=_median(_to_approval(plans[day])),
            seconds_to_applied=_median(_to_applied(plans[day])),
        )


def _to_approval(plans: Iterable[AppliedPlan]) -> Iterator[float]:
    """Nobody is waited for where a rule lets a plan pass."""
    for plan in plans:
        if plan.approved_at is not None:
            yield (plan.approved_at - plan.planned_at).total_seconds()


def _to_applied(plans: Iterable[AppliedPlan]) -> Iterator[float]:
    for plan in plans:
        yield (plan.applied_at - (plan.approved_at or plan.planned_at)).total_seconds()


def _median(seconds: Iterable[float]) -> float | None:
    """An approval of a plan that was made again under the lock is older than it."""
    found = [max(0.0, one) for one in seconds]
    return round(median(found), 1) if found else None
