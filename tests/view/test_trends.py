"""Lines over weeks: days without anything included."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from runner.model.run.life import FINAL, Kind, State
from runner.ports.records.trends import AppliedPlan, EndedRuns, FailingStack, MovedReports
from runner.view.trends import ChecksRow, RunsRow, trends_page

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOON.date()


@dataclass(frozen=True)
class Records:
    runs: tuple[EndedRuns, ...] = ()
    reports: tuple[MovedReports, ...] = ()
    plans: tuple[AppliedPlan, ...] = ()

    def ended_runs(self, since: date, stacks: Collection[str] | None = None) -> list[EndedRuns]:
        return list(self.runs)

    def moved_reports(self, since: date, stacks: Collection[str] | None = None) -> list[MovedReports]:
        return list(self.reports)

    def applied_plans(self, since: date, stacks: Collection[str] | None = None) -> list[AppliedPlan]:
        return list(self.plans)

    def failing_stacks(
        self, since: date, stacks: Collection[str] | None = None, *, limit: int = 10
    ) -> list[FailingStack]:
        return [FailingStack("prod/vpc", 3, NOON)]


def test_every_day_has_a_row_and_today_is_the_last() -> None:
    days = trends_page(Records(), NOON, 3).days
    assert [day.day for day in days] == ["2026-03-08", "2026-03-09", "2026-03-10"]
    assert days[0].runs == RunsRow()
    assert days[0].seconds_to_approval is None


def test_checks_are_not_counted_as_changes() -> None:
    records = Records(
        (
            EndedRuns(TODAY, Kind.CHANGE, State.APPLIED, 4),
            EndedRuns(TODAY, Kind.DESTROY, State.APPLIED, 1),
            EndedRuns(TODAY, Kind.CHANGE, State.REJECTED, 1),
            EndedRuns(TODAY, Kind.CHANGE, State.SUPERSEDED, 2),
            EndedRuns(TODAY, Kind.CHANGE, State.INTERRUPTED, 1),
            EndedRuns(TODAY, Kind.DRIFT, State.DRIFTED, 5),
            EndedRuns(TODAY, Kind.DRIFT, State.PLAN_FAILED, 1),
        )
    )
    (day,) = trends_page(records, NOON, 1).days
    assert day.runs == RunsRow(applied=5, stopped=3, failed=1)
    assert day.checks == ChecksRow(drifted=5, failed=1)


def test_every_end_of_a_change_is_counted() -> None:
    ends = FINAL - {State.DRIFTED, State.PLANNED}
    records = Records(tuple(EndedRuns(TODAY, Kind.CHANGE, one, 1) for one in ends))
    (day,) = trends_page(records, NOON, 1).days
    assert sum(vars(day.runs).values()) == len(ends)


def test_people_are_waited_for_from_the_plan_to_the_last_yes() -> None:
    plans = (
        AppliedPlan(NOON - timedelta(hours=3), NOON - timedelta(hours=1), NOON),
        AppliedPlan(NOON - timedelta(minutes=5), None, NOON),
        AppliedPlan(NOON - timedelta(hours=8), NOON - timedelta(hours=2), NOON),
    )
    (day,) = trends_page(Records(plans=plans), NOON, 1).days
    assert day.seconds_to_approval == 4 * 3600
    assert day.seconds_to_applied == 3600


def test_a_plan_that_was_made_again_after_its_approval_waited_for_nobody() -> None:
    plan = AppliedPlan(NOON - timedelta(minutes=1), NOON - timedelta(hours=1), NOON)
    (day,) = trends_page(Records(plans=(plan,)), NOON, 1).days
    assert day.seconds_to_approval == 0
