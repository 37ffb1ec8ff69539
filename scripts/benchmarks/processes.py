"""What processes cost: those that have ended, those that still live, and this one."""

import ctypes
import os
import resource
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
LOOK_SECONDS = 0.1
MEGABYTE = 1000 * 1000
_SET_CHILD_SUBREAPER = 36  # prctl(2)
_NAMESPACES = "bwrap"
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Used:
    cpu: float  # seconds, of every process
    wall: float


def used(call: Callable[[], object], besides: frozenset[int] = frozenset()) -> Used:
    """What it took of this process, of those that it started and ended, and of its children that stay alive.

    `besides` are children that do not count.
    """
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began, cpu = time.perf_counter(), _cpu(besides)
    call()
    wall = time.perf_counter() - began
    return Used(cpu=_cpu(besides) - cpu, wall=wall)


def _cpu(besides: frozenset[int]) -> float:
    _wait_for_namespaces(besides)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = sum(map(clock_of, children() - besides))
    return time.process_time() + ended.ru_utime + ended.ru_stime + alive


def _wait_for_namespaces(besides: frozenset[int]) -> None:
    """Bubblewrap ends without waiting for its first process inside, which then is ours, with all that a run has taken."""
    until = time.monotonic() + _END_SECONDS
    while left := [pid for pid in children() - besides if _name(pid) == _NAMESPACES]:
        for pid in left:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > until:
            raise TimeoutError(f"the namespaces {left} do not end")
        time.sleep(0.001)


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def clock_of(pid: int) -> float:
    """All its threads, to the nanosecond: /proc counts in hundredths of a second, of which a check has few."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
    return 0.0


def children() -> set[int]:
    """Of this process."""
    return {pid for pid, parent in _parents().items() if parent == os.getpid()}


@dataclass
class Peak:
    memory: float = 0.0  # megabytes, of all processes together that this one has started


@contextmanager
def peak(besides: frozenset[int] = frozenset()) -> Iterator[Peak]:
    """Look again and again, for as long as the block lasts."""
    seen, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            resident = sum(map(_resident, _descendants(besides)))
            seen.memory = max(seen.memory, resident / MEGABYTE)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _descendants(besides: frozenset[int]) -> Iterable[int]:
    parents = _parents()
    found, new = set[int](), {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - besides
        found |= new
    return found


def _parents() -> dict[int, int]:
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            # A name may hold spaces and brackets, so what counts is behind the last one.
            with suppress(OSError):
                facts = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(facts[1])
    return found


def _resident(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0
