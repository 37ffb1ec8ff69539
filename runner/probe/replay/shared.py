"""Providers that several checks ask: a process that each of them would have started and configured in the same way.

One answers only for equal keys: the same package, configured by the same bytes, in the same environment with
the same credentials. It sees nothing of any run. Terraform starts a provider for each plan, so one may remember what it
has read of the cloud, also for another stack: it lives for a sweep, no stack asks it in two checks, and it answers nobody
who asked after it was started.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runner.host.files import private_folder
from runner.probe.folders import note_process, own_folder
from runner.probe.replay.link import LinkFailed
from runner.probe.replay.process import Process, counted

IDLE_SECONDS = 5.0  # between two checks of a sweep
LONGEST_SECONDS = 300.0  # of one process
LOOK_SECONDS = 2.0

Start = Callable[[Path, ExitStack], Process]  # in a folder of its own; what it needs as long as it lives


@dataclass(frozen=True)
class Asker:
    """A check of a stack. `since` is a time of `time.time`: nothing that was remembered before may answer it."""

    stack: str
    run: str
    since: float = 0.0


@dataclass
class _Shared:
    starting: threading.Lock = field(default_factory=threading.Lock)
    ends: ExitStack = field(default_factory=ExitStack)
    process: Process | None = None
    users: int = 0
    born: float = field(default_factory=time.monotonic)
    born_at: float = field(default_factory=time.time)
    used: float = field(default_factory=time.monotonic)
    broken: bool = False
    asked: dict[str, str] = field(default_factory=dict)  # by stack: the run that asked it

    @property
    def is_over(self) -> bool:
        now = time.monotonic()
        return self.broken or now - self.born > LONGEST_SECONDS or now - self.used > IDLE_SECONDS

    def may_answer(self, asker: Asker) -> bool:
        """Whether it remembers nothing that would hide what somebody changed: since the stack's last check, or before this one."""
        same_check = self.asked.get(asker.stack, asker.run) == asker.run
        return same_check and self.born_at >= asker.since and not self.is_over


class SharedProviders:
    """Of one process of ours; they end with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._known: dict[str, _Shared] = {}
        self._old: list[_Shared] = []  # replaced, and still asked by somebody
        self._timer: threading.Timer | None = None

    @contextmanager
    def lent(
        self, key: str, asker: Asker, start: Start, configure: Callable[[Process], bytes]
    ) -> Iterator[Process]:
        """A configured process for this key; LinkFailed if it cannot be started, or was broken in the block."""
        shared = self._taken(key, asker)
        try:
            with shared.starting:
                if shared.process is None:
                    shared.process = self._begun(shared, start)
                    shared.process.configured = configure(shared.process)
            with counted(shared.process) as process:
                yield process
        except LinkFailed:
            shared.broken = True
            raise
        finally:
            self._given_back(shared)

    def renew(self) -> None:
        """No check that begins from now on asks one of those that there are."""
        with self._guard:
            self._old.extend(self._known.values())
            self._known.clear()

    def close(self) -> None:
        """End them all; whoever asks one now is not answered."""
        with self._guard:
            left = [*self._known.values(), *self._old]
            self._known.clear()
            self._old.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for shared in left:
            shared.ends.close()

    def _begun(self, shared: _Shared, start: Start) -> Process:
        own = shared.ends.enter_context(own_folder(private_folder(self._folder)))
        process = start(own, shared.ends)
        shared.ends.callback(process.end)
        note_process(own, process.launched.process, [process.temporary])
        return process

    def _taken(self, key: str, asker: Asker) -> _Shared:
        with self._guard:
            shared = self._known.get(key)
            if shared is not None and not shared.may_answer(asker):
                self._old.append(self._known.pop(key))
                shared = None
            if shared is None:
                shared = self._known[key] = _Shared()
            shared.users += 1
            shared.asked[asker.stack] = asker.run
            return shared

    def _given_back(self, shared: _Shared) -> None:
        with self._guard:
            shared.users -= 1
            shared.used = time.monotonic()
            if self._timer is None:
                self._wait()

    def _wait(self) -> None:
        self._timer = threading.Timer(LOOK_SECONDS, self._end_unused)
        self._timer.daemon = True
        self._timer.start()

    def _end_unused(self) -> None:
        with self._guard:
            over = {key: one for key, one in self._known.items() if one.is_over and not one.users}
            ending = [*over.values(), *(one for one in self._old if not one.users)]
            self._known = {key: one for key, one in self._known.items() if key not in over}
            self._old = [one for one in self._old if one.users]
            self._timer = None
            if self._known or self._old:
                self._wait()
        for shared in ending:
            shared.ends.close()
