"""Trends over the visible stacks; totals know no stacks, so they are for callers who see all of them."""

from collections.abc import Collection
from datetime import date

from runner.api.scope.seen import Seen
from runner.model.run.life import Kind, State
from runner.ports.records.totals import Timed
from runner.ports.records.trends import AppliedPlan, EndedRuns, FailingStack, MovedReports


class SeenTrends(Seen):
    def ended_runs(self, since: date, stacks: Collection[str] | None = None) -> list[EndedRuns]:
        return self.whole.ended_runs(since, self._among(stacks))

    def moved_reports(self, since: date, stacks: Collection[str] | None = None) -> list[MovedReports]:
        return self.whole.moved_reports(since, self._among(stacks))

    def applied_plans(self, since: date, stacks: Collection[str] | None = None) -> list[AppliedPlan]:
        return self.whole.applied_plans(since, self._among(stacks))

    def failing_stacks(
        self, since: date, stacks: Collection[str] | None = None, *, limit: int = 10
    ) -> list[FailingStack]:
        return self.whole.failing_stacks(since, self._among(stacks), limit=limit)

    def _among(self, stacks: Collection[str] | None) -> list[str]:
        named = [stack.name for stack in self.whole.stacks(left=True)] if stacks is None else stacks
        return [name for name in named if self.sees(name)]

    def run_totals(self) -> dict[tuple[Kind, State], int]:
        return {}

    def execution_totals(self) -> dict[str, Timed]:
        return {}
