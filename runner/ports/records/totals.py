"""Counters over the whole life of the installation. They never go down, whatever retention removes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.run.life import Kind, State

# The upper bounds of what an execution took, in seconds.
BOUNDS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Timed:
    """`within` counts by upper bound, each without those below; `beyond` is above all of them."""

    within: Mapping[int, int]
    beyond: int
    seconds: float


class TotalReader(Protocol):
    def run_totals(self) -> dict[tuple[Kind, State], int]:
        """Ended runs by kind, and the first final state of each."""
        ...

    def execution_totals(self) -> dict[str, Timed]:
        """How long `plan`, `check` and `apply` took."""
        ...
