"""Counters that triggers maintain, in the transactions in which runs end."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from runner.model.run.life import Kind, State
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.ports.records.totals import Timed

_BEYOND = -1


class TotalReads(Session):
    def run_totals(self) -> dict[tuple[Kind, State], int]:
        rows = self._all("SELECT kind, result, runs FROM run_totals")
        return {(Kind(row["kind"]), State(row["result"])): row["runs"] for row in rows}

    def execution_totals(self) -> dict[str, Timed]:
        from runner.ports.records.totals import Timed

        counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        took: defaultdict[str, int] = defaultdict(int)
        for row in self._all("SELECT * FROM execution_totals"):
            counts[row["operation"]][row["at_most"]] = row["executions"]
            took[row["operation"]] += row["milliseconds"]
        return {
            operation: Timed(
                {bound // 1000: count for bound, count in found.items() if bound != _BEYOND},
                found.get(_BEYOND, 0),
                took[operation] / 1000,
            )
            for operation, found in counts.items()
        }
