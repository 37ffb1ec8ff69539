"""The processes that a process has started, as the kernel lists them.

Only the standard library, and little of it: the shim of an apply imports it too.
"""

import contextlib
import os


def children(pid: int) -> list[int]:
    """For each thread: Go starts processes from any of them. Empty if it has ended, or this kernel has no such list."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - once a second for each process of each run
            with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
                found += map(int, file.read().split())
    return found
