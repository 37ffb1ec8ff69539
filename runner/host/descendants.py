"""The processes that a process has started, as the kernel lists them.

Only the standard library, and little of it: the shim of an apply needs it too.
"""

import contextlib
import os


def children(pid: int) -> list[int]:
    """Of each thread: Go starts a process from any of them. None where it has ended, or this kernel does not tell."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - once a second for each process of each run
            with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
                found += map(int, file.read().split())
    return found
