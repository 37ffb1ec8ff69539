"""One daemon per data directory: the one that holds the lock, which others can check."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runner.errors import DaemonRunning

LOCK_FILE = "daemon.lock"
LOCK_SECONDS = 0.5


@contextmanager
def only_daemon(data_dir: Path) -> Iterator[None]:
    """Hold the data directory's daemon lock; DaemonRunning where another process has it."""
    path = data_dir / LOCK_FILE
    with path.open("a+") as file:
        path.chmod(0o600)
        if not _locked(file):
            file.seek(0)
            raise DaemonRunning(pid=file.read().strip() or "unknown", data_dir=data_dir)
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
    try:
        with (data_dir / LOCK_FILE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0)
    except (FileNotFoundError, ValueError):
        return None
    return None
