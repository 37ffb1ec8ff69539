"""How much memory the processes of a run take, looked at from outside while they run.

Resident pages as `/proc/PID/statm` has them, summed over a process and all that it started: 25 microseconds a process.
The proportional share of `smaps_rollup` would not count twice what two processes share, but the kernel walks every page for
it, under the lock that the process itself needs to grow: 10 ms for an AWS provider, each second. What is counted twice is
the provider's own text, at most, and a peak that is too high is the harmless mistake.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from runner.host.descendants import children

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
FIRST_PAUSE = 0.1  # a plan without a provider is over in less than a second
LOOK_SECONDS = 1.0
_RESIDENT = 1  # the column of statm


@dataclass
class Meter:
    """Of one run: what its processes take now, and the most that they ever took together."""

    peak: int = 0
    # Processes that are not below the one that is looked at, and yet work for the run.
    beside: set[int] = field(default_factory=set)
    _trees: dict[int, int] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def seen(self) -> int | None:
        """The peak of a run that went well; None where this system does not tell."""
        return self.peak or (0 if (PROC / "self" / "statm").exists() else None)

    @property
    def now(self) -> int:
        with self._guard:
            return sum(self._trees.values())

    def note(self, root: int, taken: int) -> None:
        """What the process `root` and all below it take; 0 when it has ended."""
        with self._guard:
            self._trees[root] = taken
            self.peak = max(self.peak, sum(self._trees.values()))
            if not taken:
                del self._trees[root]


_CURRENT: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """What this thread starts in the block is counted."""
    token = _CURRENT.set(meter)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> Meter | None:
    """Of the run that this thread executes."""
    return _CURRENT.get()


@contextmanager
def gauge(pid: int) -> Iterator[Callable[[float], None]]:
    """A function to be called often, that looks every second at the process and all below it for this thread's meter.

    It is given the time of a clock that only goes forward.
    """
    meter = _CURRENT.get()
    if meter is None:
        yield lambda _: None
        return
    due, pause = 0.0, FIRST_PAUSE

    def look(now: float) -> None:
        nonlocal due, pause
        if now >= due:
            meter.note(pid, taken(pid) + sum(map(taken, tuple(meter.beside))))
            due = now + pause
            pause = min(pause * 2, LOOK_SECONDS)

    try:
        yield look
    finally:
        meter.note(pid, 0)


def taken(root: int) -> int:
    """The memory of the process and of all that it and its children started; 0 where that cannot be seen."""
    found = [root]
    for pid in found:  # grows meanwhile
        found += children(pid)
    return sum(_resident(pid) for pid in found)


def _resident(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[_RESIDENT]) * PAGE
    except (OSError, IndexError):
        return 0
