"""What runs took, which accounts are throttled, and how far a sweep is."""

from collections.abc import Sequence
from typing import Protocol

from runner.model.run.life import Kind
from runner.model.run.usage import Usage
from runner.model.schedule.sweep import Sweep
from runner.model.schedule.throttling import Throttle


class LoadReader(Protocol):
    def peak_memory(self, stack: str, kind: Kind) -> int | None:
        """The most that one of its last runs of this kind took; None where none was measured."""
        ...

    def took(self, run_ids: Sequence[int]) -> dict[int, float]:
        """Seconds of work of those runs that were executed, without what they waited."""
        ...

    def throttles(self) -> dict[str, Throttle]:
        """The newest of each account, whether or not it still holds."""
        ...

    def sweep(self, run_ids: Sequence[int] | None = None) -> Sweep | None:
        """How far these drift checks are; without them those that were queued together and of which most are open."""
        ...


class LoadWriter(LoadReader, Protocol):
    def save_usage(self, run_id: int, usage: Usage) -> None:
        """What executing it took; nothing where there is no such run."""
        ...

    def save_throttle(self, throttle: Throttle) -> None: ...
