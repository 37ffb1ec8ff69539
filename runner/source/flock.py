"""An flock on a file: shared by daemon and command line, and free again when its last holder is gone."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.05
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def held(path: Path, timeout: float) -> Iterator[int]:
    """The open descriptor. A child that inherits it holds the lock too, so a daemon's death does not free it early."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(fd, path, time.monotonic() + timeout)
        yield fd
    finally:
        os.close(fd)


def shared(folder: Path, timeout: float) -> int:
    """A descriptor of the folder that says as long as it is open, here or in a child, that somebody uses it."""
    fd = os.open(folder, FOLDER)
    try:
        _wait(fd, folder, time.monotonic() + timeout, fcntl.LOCK_SH)
    except BaseException:
        os.close(fd)
        raise
    return fd


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody uses the folder, which may be missing; if so, nobody begins to before this is over."""
    try:
        fd = os.open(folder, FOLDER)
    except (FileNotFoundError, NotADirectoryError):
        fd = None
    free = True
    try:
        if fd is not None:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        free = False
    try:
        yield free
    finally:
        if fd is not None:
            os.close(fd)


def _wait(fd: int, path: Path, deadline: float, kind: int = fcntl.LOCK_EX) -> None:
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process holds {path}") from None
            time.sleep(PAUSE)
        else:
            return
