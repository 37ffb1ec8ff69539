"""An apply in a folder of the test, with a lock that it inherits."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from process_world import wait_until

from runner.process.detached import Ended, Files, Left, Seen, adopted, follow, launched
from runner.process.run import Command

# Passed to the follower where nobody asks for anything.
NEVER = threading.Event()


@dataclass
class Apply:
    """One apply in a folder, with a lock that it inherits."""

    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def files(self) -> Files:
        return Files(self.folder / "receipts" / "digest.json", self.folder / "control")

    def alive(self) -> bool:
        with (self.folder / "lock").open() as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    @contextmanager
    def launched(self, what: Command) -> Iterator[Ended]:
        """Started, with the lock handed over; killed at the end where it still runs."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            starting = launched(replace(what, lock=lock.fileno()), self.files, {"run": "run-7"}, self.alive)
            ended = starting.__enter__()
        try:
            yield ended
        except BaseException as fault:
            starting.__exit__(type(fault), fault, fault.__traceback__)
            raise
        else:
            starting.__exit__(None, None, None)

    def through(self, what: Command, **wishes: threading.Event) -> Seen:
        with self.launched(what) as ended:
            return self.follow(ended, **wishes)

    def adopt(self, **wishes: threading.Event) -> Seen:
        """As a process does that did not start it."""
        self.lines.clear()
        return self.follow(adopted(self.alive), **wishes)

    def follow(self, ended: Ended, cancel: threading.Event = NEVER, leave: threading.Event = NEVER) -> Seen:
        return follow(self.files, ended, cancel=cancel, leave=leave, on_line=self.lines.append)

    def go(self) -> None:
        (self.folder / "go").touch()

    def pid(self) -> int:
        path = self.folder / "pid"
        wait_until(lambda: path.exists() and path.read_text().endswith("\n"), "it has begun")
        return int(path.read_text())


WAITS = "echo first; echo $$ > pid; until [ -e go ]; do sleep 0.01; done; echo last"


def left(apply: Apply, what: Command) -> None:
    """Start it, follow it for a moment, and leave it: as a daemon does that is stopped."""
    leave = threading.Event()

    def on_line(_: str) -> None:
        leave.set()

    with pytest.raises(Left), apply.launched(what) as ended:
        follow(apply.files, ended, cancel=NEVER, leave=leave, on_line=on_line)
