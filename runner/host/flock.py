"""An flock on a file: shared by daemon and command line, and free again when its last holder is gone.

Never on a folder, which a run that can open it can lock as well.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.host.files import PRIVATE_FILE

PAUSE = 0.05


@contextmanager
def held(path: Path, timeout: float) -> Iterator[int]:
    """The open descriptor. A child that inherits it holds the lock too, so a daemon's death does not free it early."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        _wait(fd, path, time.monotonic() + timeout)
        yield fd
    finally:
        os.close(fd)


def shared(path: Path, timeout: float) -> int:
    """A descriptor that says as long as it is open, here or in a child, that somebody uses what the file stands for."""
    deadline = time.monotonic() + timeout
    while (fd := locked(path, fcntl.LOCK_SH, create=True)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"another process holds {path}")
        time.sleep(PAUSE)
    return fd


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody uses what the file stands for; if so, nobody begins to before this is over."""
    fd = locked(path, fcntl.LOCK_EX, create=True)
    try:
        yield fd is not None
    finally:
        if fd is not None:
            os.close(fd)


def locked(path: Path, mode: int, *, create: bool = False) -> int | None:
    """A descriptor that holds the lock on the file that now has this name, or None where somebody else does."""
    # Appending: what a holder adds must not stand in the place of what is there.
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    while True:
        descriptor = os.open(path, flags, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass
        # Somebody released and removed the file between `open` and `flock`.
        os.close(descriptor)


def _wait(fd: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process holds {path}") from None
            time.sleep(PAUSE)
        else:
            return
