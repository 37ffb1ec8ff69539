"""What happened by day. Each query walks an index that has all it needs, never the rows of runs."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING

from runner.model.run.life import Kind, State
from runner.store.rows import Value, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.ports.records.trends import AppliedPlan, EndedRuns, FailingStack, MovedReports

# Of an index on an expression, only the same expression makes use.
_ENDED = "substr(changed_at, 1, 10)"
_OPENED = "substr(first_seen, 1, 10)"
_RESOLVED = "substr(resolved_at, 1, 10)"


class TrendReads(Session):
    def ended_runs(self, since: date, stacks: Collection[str] | None = None) -> list[EndedRuns]:
        from runner.ports.records.trends import EndedRuns

        these, values = _these(stacks)
        sql = f"""
            SELECT {_ENDED} AS day, kind, state, count(*) AS count FROM runs INDEXED BY ended_runs_by_day
            WHERE final = 1 AND {_ENDED} >= ? {these} GROUP BY 1, 2, 3
        """  # noqa: S608 - constants
        return [
            EndedRuns(date.fromisoformat(row["day"]), Kind(row["kind"]), State(row["state"]), row["count"])
            for row in self._all(sql, since.isoformat(), *values)
        ]

    def moved_reports(self, since: date, stacks: Collection[str] | None = None) -> list[MovedReports]:
        from runner.ports.records.trends import MovedReports

        these, values = _these(stacks)
        sql = f"""
            SELECT day, sum(opened) AS opened, sum(resolved) AS resolved FROM (
                SELECT {_OPENED} AS day, 1 AS opened, 0 AS resolved FROM reports WHERE {_OPENED} >= ? {these}
                UNION ALL SELECT {_RESOLVED}, 0, 1 FROM reports WHERE {_RESOLVED} >= ? {these}
            ) GROUP BY day
        """  # noqa: S608 - constants
        return [
            MovedReports(date.fromisoformat(row["day"]), row["opened"], row["resolved"])
            for row in self._all(sql, since.isoformat(), *values, since.isoformat(), *values)
        ]

    def applied_plans(self, since: date, stacks: Collection[str] | None = None) -> list[AppliedPlan]:
        from runner.ports.records.trends import AppliedPlan

        these, values = _these(stacks)
        sql = f"""
            SELECT planned_at, changed_at, (SELECT max(at) FROM approvals WHERE run = runs.id) AS approved_at
            FROM runs INDEXED BY applied_runs_by_day
            WHERE state = 'applied' AND planned_at IS NOT NULL AND {_ENDED} >= ? {these}
        """  # noqa: S608 - constants
        return [
            AppliedPlan(
                datetime.fromisoformat(row["planned_at"]),
                time_or_none(row["approved_at"]),
                datetime.fromisoformat(row["changed_at"]),
            )
            for row in self._all(sql, since.isoformat(), *values)
        ]

    def failing_stacks(
        self, since: date, stacks: Collection[str] | None = None, *, limit: int = 10
    ) -> list[FailingStack]:
        from runner.ports.records.trends import FailingStack

        these, values = _these(stacks)
        sql = f"""
            SELECT stack, count(*) AS failures, max(changed_at) AS last FROM runs INDEXED BY failed_runs_by_day
            WHERE state IN ('plan_failed', 'apply_failed', 'interrupted') AND {_ENDED} >= ? {these}
            GROUP BY stack ORDER BY failures DESC, last DESC, stack LIMIT ?
        """  # noqa: S608 - constants
        return [
            FailingStack(row["stack"], row["failures"], datetime.fromisoformat(row["last"]))
            for row in self._all(sql, since.isoformat(), *values, limit)
        ]


def _these(stacks: Collection[str] | None) -> tuple[str, tuple[Value, ...]]:
    if stacks is None:
        return "", ()
    return "AND stack IN (SELECT value FROM json_each(?))", (json.dumps(sorted(stacks)),)
