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
_ONCE = "once"  # beside the pid of a process that soon ends and performs no requests


@contextmanager
def only_daemon(data_dir: Path, *, performs: bool = True) -> Iterator[None]:
    """Hold the data directory's daemon lock; DaemonRunning where another process has it.

    `performs` unless it soon ends, and performs no requests of others.
    """
    path, says = data_dir / LOCK_FILE, "" if performs else f" {_ONCE}"
    with _only(path, lambda pid: DaemonRunning(pid=pid, data_dir=data_dir), says):
        yield


@contextmanager
def only_web(data_dir: Path) -> Iterator[None]:
    """The same for the web server; WebRunning."""
    with _only(data_dir / WEB_LOCK_FILE, lambda pid: WebRunning(pid=pid, data_dir=data_dir)):
        yield


@contextmanager
def _only(path: Path, refused: Callable[[str], DriftlineError], says: str = "") -> Iterator[None]:
    # Retried briefly: a command that checks for a daemon holds the lock meanwhile.
    until = time.monotonic() + LOCK_SECONDS
    while (held := taken(path, says)) is None:
        if time.monotonic() > until:
            raise refused(path.read_text().partition(" ")[0] or "unknown")
        time.sleep(0.02)
    with held:
        yield


def taken(path: Path, says: str = "") -> TextIO | None:
    """The file of a lock, held until it is closed, with this process's pid in it; None where another process holds it."""
    file = path.open("a+")
    path.chmod(0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    file.write(f"{os.getpid()}{says}")
    file.flush()
    return file


def running_daemon(data_dir: Path) -> int | None:
    """The pid of the daemon that runs on this data directory, or None."""
    return _pid(holder_of(data_dir / LOCK_FILE))


def serving_daemon(data_dir: Path) -> int | None:
    """The same, unless it only makes one pass."""
    held = holder_of(data_dir / LOCK_FILE)
    return None if held is not None and held.endswith(_ONCE) else _pid(held)


def running_web(data_dir: Path) -> int | None:
    """The pid of its web server, or None."""
    return _pid(holder_of(data_dir / WEB_LOCK_FILE))


def holder_of(path: Path) -> str | None:
    """What the process that holds this lock wrote into it; None if nobody holds it."""
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip()
    except FileNotFoundError:
        return None
    return None


def _pid(held: str | None) -> int | None:
    """0 for a process that has not written its own yet."""
    if held is None:
        return None
    pid = held.partition(" ")[0]
    return int(pid) if pid.isdecimal() else 0
