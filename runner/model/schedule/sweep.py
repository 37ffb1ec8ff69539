"""The progress of drift checks that were requested together, and how long they will still take."""

from collections.abc import Sequence
from dataclasses import field
from datetime import timedelta

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Sweep:
    """`seconds` is the average duration of a finished check, `running` the elapsed time of each running one."""

    total: int
    done: int = 0
    drifted: int = 0
    errors: int = 0
    seconds: float | None = None
    running: Sequence[float] = field(default=())

    @property
    def over(self) -> bool:
        return self.done >= self.total


def remaining(sweep: Sweep, slots: int) -> timedelta | None:
    """Assumes that each remaining check takes as long as the average, in this many slots; None if nothing is known."""
    if sweep.over:
        return timedelta(0)
    if sweep.seconds is None:
        return None
    each = sweep.seconds
    ahead = [max(0.0, each - since) for since in sweep.running]
    waiting = max(0, sweep.total - sweep.done - len(ahead))
    spread = (sum(ahead) + waiting * each) / max(1, min(slots, waiting + len(ahead)))
    return timedelta(seconds=max(spread, *ahead, 0.0))
