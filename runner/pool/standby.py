"""Processes that execute runs, one after the other: in a burst of runs, none waits for Python to start or for a connection.

An idle worker has none, which halves its memory.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TextIO

from runner.app import App
from runner.model.settings.pools import WorkerSettings
from runner.pool.client import WorkClient

KEPT_SECONDS = 120.0  # after its last run
MOST_RUNS = 100  # of one process: what a library forgets to free goes with it
DONE = "done\n"


def execute_told(app: App, worker: WorkerSettings) -> None:
    """In that process: execute what it is told, until whoever started it lets go of it or has ended."""
    from runner.pool.execute import take

    answers = _answers()
    try:
        with WorkClient.of(worker) as client:
            for line in sys.stdin:
                run, attempt = map(int, line.split())
                take(app, client, worker, run, attempt)
                print(DONE, end="", file=answers, flush=True)
    except BrokenPipeError:
        pass  # nobody listens any more, and the run is done


def _answers() -> TextIO:
    """The pipe to whoever started this process, where nothing else writes: not even what writes to standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


@dataclass
class _Executing:
    process: "subprocess.Popen[bytes]"
    runs: int = 0

    def tell(self, run: int, attempt: int) -> bool:
        """False if it has ended."""
        assert self.process.stdin is not None
        self.runs += 1
        try:
            if self.process.poll() is not None:
                raise BrokenPipeError
            self.process.stdin.write(f"{run} {attempt}\n".encode())
            self.process.stdin.flush()
        except OSError:
            self.end()
            return False
        return True

    def is_done(self) -> bool:
        """Waits for it; False if the process has ended instead."""
        assert self.process.stdout is not None
        if self.process.stdout.readline() == DONE.encode():
            return True
        self.end()
        return False

    def end(self) -> None:
        """It ends when its input does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(OSError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@dataclass
class Standby:
    """In the listening process: as many as have executed runs at once, for a while after the last run."""

    start: "Callable[[], subprocess.Popen[bytes]]"
    keep_seconds: float = KEPT_SECONDS
    most_runs: int = MOST_RUNS
    _idle: list[_Executing] = field(default_factory=list)
    _timer: threading.Timer | None = None
    _closed: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def execute(self, run: int, attempt: int) -> None:
        """Returns when the run is done, or its process has ended."""
        executing = self._told(run, attempt)
        if executing is not None and executing.is_done():
            self._keep(executing)

    def close(self) -> None:
        """End those that wait; the others end after their runs."""
        with self._guard:
            self._closed = True
        self._let_go()

    def _told(self, run: int, attempt: int) -> _Executing | None:
        while True:
            with self._guard:
                idle = self._idle.pop() if self._idle else None
            executing = idle or _Executing(self.start())
            # A new one that has ended already would do so again; the run is announced again.
            if executing.tell(run, attempt) or idle is None:
                return executing if executing.process.returncode is None else None

    def _keep(self, executing: _Executing) -> None:
        with self._guard:
            kept = executing.runs < self.most_runs and not self._closed
            if kept:
                self._idle.append(executing)
            if self._timer is not None:
                self._timer.cancel()
            if not self._closed:
                self._timer = threading.Timer(self.keep_seconds, self._let_go)
                self._timer.daemon = True
                self._timer.start()
        if not kept:
            executing.end()

    def _let_go(self) -> None:
        with self._guard:
            idle, self._idle = self._idle, []
            if self._timer is not None:
                self._timer.cancel()
        _end_all(idle)


def _end_all(executing: Iterable[_Executing]) -> None:
    for one in executing:
        one.end()
