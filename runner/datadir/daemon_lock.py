"""One daemon and one web server per data directory: those that hold the locks, which others can check."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runner.errors import DaemonRunning, DriftlineError, WebRunning

LOCK_FILE = "daemon.lock"
WEB_LOCK_FILE = "web.lock"
LOCK_SECONDS = 0.5


@contextmanager
def only_daemon(data_dir: Path) -> Iterator[None]:
    """Hold the data directory's daemon lock; DaemonRunning where another process has it."""
    with _only(data_dir / LOCK_FILE, lambda pid: DaemonRunning(pid=pid, data_dir=data_dir)):
        yield


@contextmanager
def only_web(data_dir: Path) -> Iterator[None]:
    """The same for the web server; WebRunning."""
    with _only(data_dir / WEB_LOCK_FILE, lambda pid: WebRunning(pid=pid, data_dir=data_dir)):
        yield


@contextmanager
def _only(path: Path, refused: Callable[[str], DriftlineError]) -> Iterator[None]:
    with path.open("a+") as file:
        path.chmod(0o600)
        if not _locked(file):
            file.seek(0)
            raise refused(file.read().strip() or "unknown")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _locked(file: TextIO) -> bool:
    """Retried briefly: a command that checks for a daemon holds the lock meanwhile."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        else:
            return True


def running_daemon(data_dir: Path) -> int | None:
    """The pid of the daemon that runs on this data directory, or None."""
    return _holder(data_dir / LOCK_FILE)


def running_web(data_dir: Path) -> int | None:
    """The pid of its web server, or None."""
    return _holder(data_dir / WEB_LOCK_FILE)


def _holder(path: Path) -> int | None:
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0)
    except (FileNotFoundError, ValueError):
        return None
    return None
