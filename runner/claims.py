"""Claims: who attends to a run, what executes it, and which state it may change, each as an flock on a file.

run-7            what executes: inherited by terraform, its providers and everything that these start
run-7.attended   the process that records how it ends: never inherited
state-<digest>   the state that a change may write: inherited like the first

A pid may be reused and a lease needs a clock; the kernel frees an flock when the last process that has the
open file is gone, be it terraform, a provider or a provisioner's child.
"""

import contextlib
import fcntl
import os
import re
import secrets
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from runner.files import PRIVATE_FILE, private_folder
from runner.model.lock import Leftover
from runner.model.run import Claim
from runner.ports import Clock

_TOKEN = re.compile(r"(run-\d+)\.[0-9a-f]{16}")
_ATTENDED = ".attended"
_STATE = "state-"
ORPHAN_SECONDS = 5.0  # terraform lets go of its lock within a second of being asked


class FileClaims:
    """Satisfies `ports.Claims` in the data directory."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self.folder = data_dir / "claims"
        self.clock = clock

    def take(self, run: int, state: str | None = None) -> "HeldFiles | None":
        """Attend to the run, and execute it; with `state` also keep that state. None where one is somebody else's."""
        folder = private_folder(self.folder)
        paths = [folder / f"run-{run}{_ATTENDED}", folder / f"run-{run}"]
        if state is not None:
            paths.append(folder / f"{_STATE}{state}")
        descriptors: list[int] = []
        for path in paths:
            descriptor = _locked(path, fcntl.LOCK_EX, create=True)
            if descriptor is None:
                _let_go(dict(zip(paths, descriptors, strict=False)))
                return None
            descriptors.append(descriptor)
        claim = Claim(
            token=f"run-{run}.{secrets.token_hex(8)}",
            host=socket.gethostname(),
            pid=os.getpid(),
            since=self.clock.now(),
        )
        for descriptor in descriptors[1:]:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, claim.token.encode(), 0)
        attended, *executing = zip(paths, descriptors, strict=True)
        return HeldFiles(self, claim, dict([attended]), dict(executing))

    def adopt(self, claim: Claim) -> "HeldFiles | None":
        """Attend to what another process began and can not attend to any more; None where it still does."""
        name = _run_name(claim)
        if name is None:
            return None
        path = private_folder(self.folder) / f"{name}{_ATTENDED}"
        descriptor = _locked(path, fcntl.LOCK_EX, create=True)
        if descriptor is None:
            return None
        # What executed under it is gone, or goes on without us; its file is removed with the claim.
        return HeldFiles(self, claim, {path: descriptor}, {}, [self.folder / name])

    def alive(self, claim: Claim) -> bool:
        """Whether anything that executes under exactly this claim lives; what is just being released counts."""
        name = _run_name(claim)
        if name is None:
            return False
        path = self.folder / name
        try:
            # Held, but perhaps by a later claim on the same run.
            return _is_held(path) and path.read_text() == claim.token
        except FileNotFoundError:
            return False

    def end_orphans(self, claim: Claim) -> int:
        """Stop everything that executes under the claim, which nobody attends to; how many.

        Asked first: a plan that is killed leaves its lock on a remote state. Who has the file open is asked, not whether
        a pid exists: a pid may be somebody else's by now.
        """
        name = _run_name(claim)
        if name is None or claim.host != socket.gethostname() or not self.alive(claim):
            return 0
        found = _signal(_holders(self.folder / name), signal.SIGINT)
        until = time.monotonic() + ORPHAN_SECONDS
        while self.alive(claim) and time.monotonic() < until:
            time.sleep(0.05)
        if self.alive(claim):
            _signal(_holders(self.folder / name), signal.SIGKILL)
        return found

    def leftovers(self) -> list[Leftover]:
        """What keeps a state though nobody attends to its run: no change of that state may begin before it is gone."""
        found = []
        for path in self.folder.glob(f"{_STATE}*"):
            run = self._left_by(path)
            if run is not None:
                pids = tuple(sorted(_holders(path)))
                found.append(Leftover(run, path.name.removeprefix(_STATE), pids))
        return found

    def end_leftover(self, leftover: Leftover) -> int:
        """Kill what is left of it; how many. Nothing where the state has gone over to another run meanwhile."""
        path = self.folder / f"{_STATE}{leftover.state}"
        return _signal(_holders(path), signal.SIGKILL) if self._left_by(path) == leftover.run else 0

    def remove_free(self) -> int:
        """Remove the files of dead processes, which nobody holds; how many."""
        return sum(_remove_free(path) for path in self.folder.glob("*"))

    def _left_by(self, path: Path) -> str | None:
        """The run whose processes hold this state though nobody attends to it."""
        try:
            run = path.read_text().partition(".")[0]
        except FileNotFoundError:
            return None
        # What is left holds both; one that has only just taken the state has not signed it yet.
        held = bool(run) and _is_held(path) and _is_held(self.folder / run)
        return run if held and not _is_held(self.folder / f"{run}{_ATTENDED}") else None


@dataclass(frozen=True)
class HeldFiles:
    """Satisfies `ports.HeldClaim`."""

    claims: FileClaims
    claim: Claim
    attended: dict[Path, int]
    executing: dict[Path, int] = field(default_factory=dict)
    handed_over: list[Path] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)

    @property
    def fds(self) -> tuple[int, ...]:
        """What a child has to inherit."""
        return (*self.executing.values(), *self.kept)

    def keep(self, fd: int) -> None:
        """Have a child inherit this too, and close it with the claim."""
        self.kept.append(fd)

    def hand_over(self) -> None:
        """The child has inherited them: from here on they say whether it lives, not whether we do."""
        self.handed_over.extend(self.executing)
        while self.executing:
            os.close(self.executing.popitem()[1])
        self._close_kept()

    def running(self) -> bool:
        """Whether what was started, or anything that it started, lives."""
        return self.claims.alive(self.claim)

    def release(self) -> None:
        """Let go of this process's share; while a descendant holds its own, the claim stays alive."""
        for path in self.handed_over:
            _remove_free(path)
        self._close_kept()
        _let_go(self.executing)
        _let_go(self.attended)

    def _close_kept(self) -> None:
        while self.kept:
            os.close(self.kept.pop())


def _run_name(claim: Claim) -> str | None:
    token = _TOKEN.fullmatch(claim.token)
    return None if token is None else token[1]


def _is_held(path: Path) -> bool:
    """Shared, so that two processes that look at once do not take each other for the holder."""
    try:
        descriptor = _locked(path, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _holders(path: Path) -> set[int]:
    """The other processes that have the file open, as far as they may be looked at."""
    real, found = path.resolve(), set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            if any(_target(entry.path) == real for entry in entries):
                found.add(int(folder.parent.name))
    return found - {os.getpid()}


def _target(link: str) -> Path | None:
    try:
        return Path(link).readlink()
    except OSError:
        return None  # closed meanwhile, which says nothing of the others


def _signal(pids: set[int], number: signal.Signals) -> int:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    return len(pids)


def _let_go(files: dict[Path, int]) -> None:
    """Never LOCK_UN: it would take the lock from the descendants too, which share the open file."""
    for path, descriptor in files.items():
        os.close(descriptor)
        _remove_free(path)


def _remove_free(path: Path) -> bool:
    try:
        descriptor = _locked(path, fcntl.LOCK_EX)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return False
    path.unlink(missing_ok=True)
    os.close(descriptor)
    return True


def _locked(path: Path, mode: int, *, create: bool = False) -> int | None:
    """A descriptor that holds the lock on the file that now has this name, or None where somebody else does."""
    flags = os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
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
        # Somebody released and removed the file between `open` and `flock`.
        os.close(descriptor)
