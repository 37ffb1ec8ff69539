"""Resource usage of runs, throttled accounts, and the progress of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.run.life import Kind
    from runner.model.run.usage import Usage
    from runner.model.schedule.sweep import Sweep
    from runner.model.schedule.throttling import Throttle


class LoadReader(Protocol):
    def peak_memory(self, stack: str, kind: Kind) -> int | None:
        """The maximum of its last runs of this kind; None if none was measured."""
        ...

    def took(self, run_ids: Sequence[int]) -> dict[int, float]:
        """Seconds of work of the runs that were executed, without waiting times."""
        ...

    def throttles(self) -> dict[str, Throttle]:
        """The newest one per account, whether or not it is still in effect."""
        ...

    def sweep(self, run_ids: Sequence[int] | None = None) -> Sweep | None:
        """The progress of these drift checks; by default, of those that were queued together and are mostly still open."""
        ...


class LoadWriter(LoadReader, Protocol):
    def save_usage(self, run_id: int, usage: Usage) -> None:
        """Save what executing it took; does nothing if there is no such run."""
        ...

    def save_throttle(self, throttle: Throttle) -> None: ...
