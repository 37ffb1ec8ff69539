"""Runs, what is on record about each, and how they are planned with warm providers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from runner.api.scope.seen import PAGE, Seen
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.plan.step import Step
from runner.model.run.evidence import Evidence
from runner.model.run.life import Kind, Run, State
from runner.model.run.unclaimed import Unclaimed
from runner.model.schedule.sweep import Sweep
from runner.model.warm.compared import Compared, HowPlanned
from runner.model.warm.probe import Distrust, ProbeRecord
from runner.ports.records.runs import RunFilter


class SeenRuns(Seen):
    def runs(self, where: RunFilter) -> list[Run]:
        found: list[Run] = []
        asked = replace(where, limit=max(where.limit, PAGE))
        while page := self.whole.runs(asked):
            found += self._only(page, lambda run: run.stack)
            if len(found) >= where.limit or len(page) < asked.limit:
                break
            asked = replace(asked, below=page[-1].id)
        return found[: where.limit]

    def last_runs(self, *, change_only: bool = False) -> dict[str, Run]:
        return self._keyed(self.whole.last_runs(change_only=change_only))

    def runs_partly_applied(self, stack: str) -> list[Run]:
        return self.whole.runs_partly_applied(stack) if self.sees(stack) else []

    def heals(self, stack: str, identity: str, since: datetime) -> list[Run]:
        return self._only(self.whole.heals(stack, identity, since), lambda run: run.stack)

    def open_runs(self, stack: str | None = None, *, state: State | None = None) -> list[Run]:
        return self._only(self.whole.open_runs(stack, state=state), lambda run: run.stack)

    def unclaimed_runs(self) -> list[Unclaimed]:
        return self._only(self.whole.unclaimed_runs(), lambda run: run.stack)

    def executing_runs(self) -> list[Run]:
        return self._only(self.whole.executing_runs(), lambda run: run.stack)

    def changes(self, run_id: int) -> ChangeSet | None:
        return self.whole.changes(self.run(run_id).id)

    def diagnostics(self, run_id: int) -> tuple[Diagnostic, ...]:
        return self.whole.diagnostics(self.run(run_id).id)

    def outputs(self, run_id: int) -> dict[str, Any] | None:
        return self.whole.outputs(self.run(run_id).id)

    def steps(self, run_id: int) -> tuple[Step, ...]:
        return self.whole.steps(self.run(run_id).id)

    def evidence(self, run_id: int) -> Evidence | None:
        return self.whole.evidence(self.run(run_id).id)

    def took(self, run_ids: Sequence[int]) -> dict[int, float]:
        return self.whole.took(run_ids)

    def peak_memory(self, stack: str, kind: Kind) -> int | None:
        return self.whole.peak_memory(stack, kind) if self.sees(stack) else None

    def sweep(self, run_ids: Sequence[int] | None = None) -> Sweep | None:
        """That of all checks would count those of other stacks."""
        return self.whole.sweep([self.run(one).id for one in run_ids]) if run_ids is not None else None

    def probe(self, stack: str) -> ProbeRecord:
        return self.whole.probe(stack) if self.sees(stack) else ProbeRecord()

    def distrusted(self) -> frozenset[str]:
        return self.whole.distrusted()

    def compared(self) -> tuple[Compared, ...]:
        return self.whole.compared()

    def how_planned(self, run_id: int) -> HowPlanned | None:
        return self.whole.how_planned(self.run(run_id).id)

    def asks_for_full_plan(self, run_id: int) -> bool:
        return self.whole.asks_for_full_plan(self.run(run_id).id)

    def distrust_of(self) -> list[Distrust]:
        return self._only(self.whole.distrust_of(), lambda one: one.stack)
