"""The processes that a process has started, as the kernel lists them.

Only the standard library, and little of it: the shim of an apply imports it too.
"""

import contextlib
import os

_STARTED = 19  # field of stat behind the name: proc_pid_stat(5)


def children(pid: int) -> list[int]:
    """For each thread: Go starts processes from any of them. Empty if it has ended, or this kernel has no such list."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - once a second for each process of each run
            with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
                found += map(int, file.read().split())
    return found


def started_at(pid: int) -> int | None:
    """When the process started, in the kernel's ticks; None if there is none. With its pid it is unique."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return int(file.read().rpartition(")")[2].split()[_STARTED])
    except OSError:
        return None
