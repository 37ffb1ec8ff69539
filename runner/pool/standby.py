"""A process that has imported everything and waits for a run: in a burst of runs, none waits for Python to start.

An idle worker has none, which halves its memory.
"""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.app import App
from runner.model.settings.pools import WorkerSettings
from runner.pool.client import WorkClient

KEPT_SECONDS = 120.0  # after the last run


def wait_for_run(app: App, worker: WorkerSettings) -> None:
    """In that process: prepare, and execute what it is told; nothing if whoever started it has ended."""
    from runner.pool.execute import take
    from runner.source.command import gitpython_module

    gitpython_module()
    for part in ("git", "modules", "engine", "workspaces", "judge", "claims"):
        getattr(app, part)
    with WorkClient.of(worker) as client:
        line = sys.stdin.readline()
        if line:
            run, attempt = map(int, line.split())
            take(app, client, worker, run, attempt)


@dataclass
class Standby:
    """In the listening process: at most one that waits, for a while after each run."""

    start: "Callable[[], subprocess.Popen[bytes]]"
    keep_seconds: float = KEPT_SECONDS
    _waiting: "subprocess.Popen[bytes] | None" = None
    _end: threading.Timer | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def execute(self, run: int, attempt: int) -> "subprocess.Popen[bytes] | None":
        """The process that was told to; None if none waits. Another one takes its place."""
        with self._guard:
            told, self._waiting = self._waiting, None
        if told is not None and not _tell(told, f"{run} {attempt}\n"):
            told = None
        self._make_ready()
        return told

    def close(self) -> None:
        with self._guard:
            waiting, self._waiting = self._waiting, None
            if self._end is not None:
                self._end.cancel()
        if waiting is not None:
            _let_go(waiting)

    def _make_ready(self) -> None:
        with self._guard:
            if self._end is not None:
                self._end.cancel()
            if self._waiting is None:
                self._waiting = self.start()
            self._end = threading.Timer(self.keep_seconds, self.close)
            self._end.daemon = True
            self._end.start()


def _tell(waiting: "subprocess.Popen[bytes]", line: str) -> bool:
    """False if it has ended."""
    assert waiting.stdin is not None
    try:
        with waiting.stdin:
            waiting.stdin.write(line.encode())
    except OSError:
        waiting.wait()
        return False
    return True


def _let_go(waiting: "subprocess.Popen[bytes]") -> None:
    """It ends when its input does."""
    assert waiting.stdin is not None
    waiting.stdin.close()
    waiting.wait()
