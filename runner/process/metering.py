"""Memory usage of a run's processes, sampled from outside while they run.

Resident pages from `/proc/PID/statm`, summed over a process and its descendants: 25 microseconds per process.
The proportional share of `smaps_rollup` would not count shared pages twice, but the kernel walks every page
for it, under the lock that the process itself needs to grow: 10 ms for an AWS provider, each second. At most
the provider's own text is counted twice, and a peak that is too high is the harmless error.
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
FIRST_PAUSE = 0.1  # a plan without a provider takes less than a second
LOOK_SECONDS = 1.0
_RESIDENT = 1  # the column of statm


@dataclass
class Meter:
    """Memory of one run: what its processes use now, and their common peak."""

    peak: int = 0
    # Processes that are not descendants of the sampled one, and yet work for the run.
    beside: set[int] = field(default_factory=set)
    _trees: dict[int, int] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def seen(self) -> int | None:
        """The peak of a successful run; None if this system does not report memory."""
        return self.peak or (0 if (PROC / "self" / "statm").exists() else None)

    @property
    def now(self) -> int:
        with self._guard:
            return sum(self._trees.values())

    def note(self, root: int, taken: int) -> None:
        """The memory of the process `root` and all its descendants; 0 when it has ended."""
        with self._guard:
            self._trees[root] = taken
            self.peak = max(self.peak, sum(self._trees.values()))
            if not taken:
                del self._trees[root]


_CURRENT: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Count what this thread starts in the block."""
    token = _CURRENT.set(meter)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> Meter | None:
    """The meter of the run that this thread executes."""
    return _CURRENT.get()


@contextmanager
def gauge(pid: int) -> Iterator[Callable[[float], None]]:
    """A function to be called often; every second it samples the process tree for this thread's meter.

    Its argument is the time of a monotonic clock.
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
    """The memory of the process and all its descendants; 0 if unknown."""
    found = [root]
    for pid in found:  # grows meanwhile
        found += children(pid)
    return sum(_resident(pid) for pid in found)


def _resident(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[_RESIDENT]) * PAGE
    except (OSError, IndexError):
        return 0
