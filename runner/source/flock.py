"""An flock on a file: shared by daemon and command line, and free again when its last holder is gone."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.05


@contextmanager
def held(path: Path, timeout: float) -> Iterator[int]:
    """The open descriptor. A child that inherits it holds the lock too, so a daemon's death does not free it early."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(fd, path, time.monotonic() + timeout)
        yield fd
    finally:
        os.close(fd)


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
