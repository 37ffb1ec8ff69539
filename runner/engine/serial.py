"""One `init` at a time for a provider cache: two at once on one cache fail (2 of 4 did), or tear a provider's file."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.files import PRIVATE_FILE, private_folder
from runner.ports import Cancel

TICK = 0.05


@contextmanager
def alone(folder: Path, cancel: Cancel, patience: float) -> Iterator[int | None]:
    """Hold the lock of this folder over all processes; None where it was not had in time, or was canceled.

    The child inherits the descriptor, so an `init` that outlives this process still keeps others out. It is the folder's one lock and not one for each module folder: that also keeps two stacks with the same module
    from writing its lock file at once.
    """
    descriptor = os.open(
        private_folder(folder) / "init.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE
    )
    try:
        yield descriptor if _taken(descriptor, cancel, time.monotonic() + patience) else None
    finally:
        os.close(descriptor)


def _taken(descriptor: int, cancel: Cancel, until: float) -> bool:
    while not cancel.is_set():
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            cancel.wait(TICK)
        else:
            return True
    return False
