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
_ENDING = " ending"  # behind the pid


@contextmanager
def only_daemon(data_dir: Path, *, performs: bool = True) -> Iterator[TextIO]:
    """Hold the data directory's daemon lock; DaemonRunning where another process has it.

    `performs` unless it soon ends, and performs no requests of others.
    """
    with only(data_dir / LOCK_FILE, lambda pid: DaemonRunning(pid=pid, data_dir=data_dir)) as held:
        if not performs:
            say_ending(held)
        yield held


@contextmanager
def only_web(data_dir: Path) -> Iterator[None]:
    """The same for the web server; WebRunning."""
    with only(data_dir / WEB_LOCK_FILE, lambda pid: WebRunning(pid=pid, data_dir=data_dir)):
        yield


def say_ending(held: TextIO) -> None:
    """Tell whoever looks at this lock that its process soon ends and takes no requests. In one write: they read at any time."""
    held.write(_ENDING)
    held.flush()


@contextmanager
def only(path: Path, refused: Callable[[str], DriftlineError]) -> Iterator[TextIO]:
    # Retried briefly: a command that checks for a daemon holds the lock meanwhile.
    until = time.monotonic() + LOCK_SECONDS
    while (held := taken(path)) is None:
        if time.monotonic() > until:
            raise refused(path.read_text().partition(" ")[0] or "unknown")
        time.sleep(0.02)
    with held:
        yield held


def taken(path: Path) -> TextIO | None:
    """The file of a lock, held until it is closed, with this process's pid in it; None where another process holds it."""
    file = path.open("a+")
    path.chmod(0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def running_daemon(data_dir: Path) -> int | None:
    """The pid of the daemon that runs on this data directory, or None."""
    return _pid(holder_of(data_dir / LOCK_FILE))


def serving_daemon(data_dir: Path) -> int | None:
    """The same, unless it soon ends: it stops, or only makes one pass."""
    return _pid(staying_holder_of(data_dir / LOCK_FILE))


def running_web(data_dir: Path) -> int | None:
    """The pid of its web server, or None."""
    return _pid(holder_of(data_dir / WEB_LOCK_FILE))


def staying_holder_of(path: Path) -> str | None:
    """The same as `holder_of`, but None for a process that has said that it soon ends."""
    held = holder_of(path)
    return None if held is not None and held.endswith(_ENDING) else held


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
