"""A provider process that replays ask: started for one check alone, or shared by those that would start the same."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from runner.probe.identity import Identity, new_identity
from runner.probe.installed import Installed
from runner.probe.launch import Launched, launch
from runner.probe.protocol import Handshake
from runner.probe.replay.link import Link, LinkFailed
from runner.process.metering import current
from runner.process.run import Command, exit_of

TICK = 0.004  # while it starts, and later a part of how long that took so far: each look costs something
TICK_PART = 0.05
END_SECONDS = 0.5  # to take the request to end


@dataclass(frozen=True)
class Patience:
    """`until` is a time of `time.monotonic`."""

    until: float
    canceled: Callable[[], bool]

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until or self.canceled()


@dataclass
class Process:
    """A started provider. `configured` is its answer to the one configuration that it has got."""

    launched: Launched
    name: str
    identity: Identity
    temporary: Path  # its TMPDIR
    configured: bytes | None = None
    _handshake: Handshake | None = None
    _idle: list[Link] = field(default_factory=list)

    @contextmanager
    def link(self, patience: Patience) -> Iterator[Link]:
        """A connection that nobody else asks meanwhile: a new one costs each side a signature. LinkFailed if it does
        not answer.
        """
        link = self._lent(patience)
        try:
            yield link
        except BaseException:
            link.close()  # answers may be under way
            raise
        if link.is_idle:
            self._idle.append(link)
        else:
            link.close()

    def _lent(self, patience: Patience) -> Link:
        try:
            link = self._idle.pop()
        except IndexError:
            return Link(self.handshake(patience), self.identity, patience.until, patience.canceled)
        link.lend(patience.until, patience.canceled)
        return link

    def handshake(self, patience: Patience) -> Handshake:
        if self._handshake is None:
            try:
                self._handshake = self._awaited(patience)
            except (ChildProcessError, OSError) as error:
                raise LinkFailed(f"{self.name}: {error}") from error
        return self._handshake

    def _awaited(self, patience: Patience) -> Handshake:
        began, found = time.monotonic(), self.launched.announced()
        with exit_of(self.launched.process.pid) as ended:
            while found is None:
                pause = max(TICK, TICK_PART * (time.monotonic() - began))
                over = ended(pause) or patience.over
                found = self.launched.handshake(late=patience.over) if over else self.launched.announced()
        return found

    def end(self) -> None:
        """It is asked first: a provider that is killed cannot end its own processes."""
        if self._handshake is not None:
            with suppress(LinkFailed):
                asking = Patience(time.monotonic() + END_SECONDS, lambda: False)
                with self.link(asking) as link:
                    link.shut_down()
        while self._idle:
            self._idle.pop().close()
        self.launched.end()


def started(installed: Installed, command: Command, folder: Path, keys: Path) -> Process:
    """LinkFailed if it cannot be. It prints to a file in `folder`; both are out of runs' reach."""
    identity = _identity(keys)
    stdout = folder / f"handshake-{secrets.token_hex(4)}"
    try:
        launched = launch(installed, command, stdout, identity.certificate)
    except OSError as error:
        raise LinkFailed(f"{installed.name} could not be started: {error}") from error
    return Process(launched, installed.name, identity, Path(command.env["TMPDIR"]))


@contextmanager
def counted(process: Process) -> Iterator[Process]:
    """Its memory counts as the check's."""
    meter, pid = current(), process.launched.process.pid
    if meter is not None:
        meter.beside.add(pid)
    try:
        yield process
    finally:
        if meter is not None:
            meter.beside.discard(pid)


@cache
def _identity(keys: Path) -> Identity:
    return new_identity(keys)
