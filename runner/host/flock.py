"""An flock on a file: shared by daemon and command line, and free once its last holder is gone.

Never on a folder that a run can open, as it could lock it as well.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.host.files import PRIVATE_FILE
from runner.host.noted import end_noted

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
    """A descriptor that marks the file's subject as in use while it is open, here or in a child."""
    deadline = time.monotonic() + timeout
    while (fd := locked(path, fcntl.LOCK_SH, create=True)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"another process holds {path}")
        time.sleep(PAUSE)
    return fd


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether the file's subject is unused; if so, nothing can start to use it before this ends."""
    fd = locked(path, fcntl.LOCK_EX, create=True)
    try:
        yield fd is not None
    finally:
        if fd is not None:
            os.close(fd)


def remove_if_free(folder: Path) -> None:
    """With what is noted in it; BlockingIOError if somebody uses it."""
    import shutil  # archives of all kinds come with it, and hardly a command removes a folder

    with free(folder):
        end_noted(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def free(folder: Path) -> Iterator[None]:
    """A probe keeps its folder locked while it runs; BlockingIOError if one does."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(held)


def locked(path: Path, mode: int, *, create: bool = False) -> int | None:
    """A descriptor with the lock on the file that has this name now, or None if somebody else holds it."""
    # Appending: a holder must not overwrite existing content.
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
        # Another process released and removed the file between `open` and `flock`.
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
