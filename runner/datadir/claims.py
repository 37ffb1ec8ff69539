"""Claims: the supervisor of a run, its processes, and the state it may change, each as an flock on a file.

run-7            its processes. With namespaces, the processes around them hold it and nothing inside can;
                 otherwise terraform and everything that it starts inherit it
run-7.attended   the supervisor, which records the end: never inherited
state-<digest>   the state that a change may write, with the run's name in it: held by the run's supervisor, and
                 afterwards as long as any of its processes lives

A pid may be reused and a lease needs a clock; the kernel frees an flock when the last process with the
open file is gone. The first line of a file is the token of its claim; bubblewrap's list of its processes follows.
"""

import contextlib
import fcntl
import os
import re
import secrets
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runner.host.files import private_folder
from runner.host.flock import locked
from runner.model.run.life import Claim
from runner.model.stack.lock import Leftover
from runner.sandbox.bubblewrap import PROGRAM, program_of

if TYPE_CHECKING:
    from runner.ports.basics import Clock

_RUN = re.compile(r"run-\d+")
_TOKEN = re.compile(rf"({_RUN.pattern})\.[0-9a-f]{{16}}")
_LONGEST_TOKEN = 64
_ATTENDED = ".attended"
_STATE = "state-"
ORPHAN_SECONDS = 5.0  # terraform releases its lock within a second of being asked


class FileClaims:
    """Satisfies `ports.Claims` in the data directory."""

    def __init__(self, data_dir: Path, clock: "Clock") -> None:
        self.folder = data_dir / "claims"
        self.clock = clock

    def take(self, run: int, state: str | None = None) -> "HeldFiles | None":
        """Supervise the run and execute it; with `state` also claim that state. None if somebody else holds
        one of them.
        """
        folder = private_folder(self.folder)
        name = f"run-{run}"
        paths = [folder / f"{name}{_ATTENDED}", folder / name]
        if state is not None:
            paths.append(folder / f"{_STATE}{state}")
        descriptors: dict[Path, int] = {}
        for path in paths:
            descriptor = locked(path, fcntl.LOCK_EX, create=True)
            if descriptor is not None:
                descriptors[path] = descriptor
            if descriptor is None or (path.name.startswith(_STATE) and self._executed_by_another(path, name)):
                self._let_go(descriptors)
                return None
        claim = Claim(
            token=f"{name}.{secrets.token_hex(8)}",
            host=os.uname().nodename,
            pid=os.getpid(),
            since=self.clock.now(),
        )
        for path in paths[1:]:
            os.ftruncate(descriptors[path], 0)
            os.write(descriptors[path], f"{claim.token}\n".encode())
        return HeldFiles(self, claim, descriptors, executing=paths[1])

    def adopt(self, claim: Claim) -> "HeldFiles | None":
        """Supervise a run whose process can no longer do so; None if it still does."""
        name = _run_name(claim)
        if name is None:
            return None
        path = private_folder(self.folder) / f"{name}{_ATTENDED}"
        descriptor = locked(path, fcntl.LOCK_EX, create=True)
        if descriptor is None:
            return None
        # Its processes are gone, or continue without us; the file is removed with the claim.
        return HeldFiles(self, claim, {path: descriptor}, handed_over=self.folder / name)

    def alive(self, claim: Claim) -> bool:
        """Whether any process under exactly this claim is alive; one that is being released counts."""
        name = _run_name(claim)
        if name is None:
            return False
        path = self.folder / name
        try:
            # Held, but possibly by a later claim on the same run.
            return _is_held(path) and _signed(path) == claim.token
        except FileNotFoundError:
            return False

    def end_orphans(self, claim: Claim) -> int:
        """Stop all processes under a claim without a supervisor; returns how many.

        They are asked first: a killed plan leaves its lock on a remote state. The check is who has the file
        open, not whether a pid exists: a pid may have been reused.
        """
        name = _run_name(claim)
        if name is None or claim.host != os.uname().nodename or not self.alive(claim):
            return 0
        found = _signal(_programs(_holders(self.folder / name)), signal.SIGINT)
        until = time.monotonic() + ORPHAN_SECONDS
        while self.alive(claim) and time.monotonic() < until:
            time.sleep(0.05)
        if self.alive(claim):
            _signal(_holders(self.folder / name), signal.SIGKILL)
        return found

    def leftovers(self) -> list[Leftover]:
        """Processes that hold a state though their run has no supervisor: no change of that state may begin
        before they end.
        """
        found = []
        for path in self.folder.glob(f"{_STATE}*"):
            run = self._left_by(path)
            if run is not None:
                pids = tuple(sorted(_holders(self.folder / run)))
                found.append(Leftover(run, path.name.removeprefix(_STATE), pids))
        return found

    def end_leftover(self, leftover: Leftover) -> int:
        """Kill the remaining processes; returns how many. Nothing if the state belongs to another run by now."""
        if self._left_by(self.folder / f"{_STATE}{leftover.state}") != leftover.run:
            return 0
        return _signal(_holders(self.folder / leftover.run), signal.SIGKILL)

    def remove_free(self) -> int:
        """Remove files of dead processes, which are unlocked; returns how many."""
        return sum(self._remove_free(path) for path in self.folder.glob("*"))

    def _left_by(self, path: Path) -> str | None:
        """The run without a supervisor that still executes on this state."""
        run = self._executing_on(path)
        return run if run is not None and not _is_held(self.folder / f"{run}{_ATTENDED}") else None

    def _executed_by_another(self, path: Path, name: str) -> bool:
        return self._executing_on(path) not in {None, name}

    def _executing_on(self, path: Path) -> str | None:
        """The run that has claimed this state, while any process of it is alive."""
        try:
            run = _RUN.match(_signed(path))
        except FileNotFoundError:
            return None
        return run[0] if run is not None and _is_held(self.folder / run[0]) else None

    def _let_go(self, files: dict[Path, int]) -> None:
        """Never LOCK_UN: that would also take the lock from others sharing the open file."""
        for descriptor in files.values():
            os.close(descriptor)
        for path in files:
            self._remove_free(path)

    def _remove_free(self, path: Path) -> bool:
        try:
            descriptor = locked(path, fcntl.LOCK_EX)
        except FileNotFoundError:
            return False
        if descriptor is None:
            return False
        # The file of a state must stay while something executes on it.
        free = not path.name.startswith(_STATE) or self._executing_on(path) is None
        if free:
            path.unlink(missing_ok=True)
        os.close(descriptor)
        return free


@dataclass
class HeldFiles:
    """Satisfies `ports.HeldClaim`."""

    claims: FileClaims
    claim: Claim
    files: dict[Path, int]
    executing: Path | None = None
    handed_over: Path | None = None
    kept: list[int] = field(default_factory=list)

    @property
    def lock(self) -> int | None:
        """A lock that the executing process has to hold too."""
        return None if self.executing is None else self.files[self.executing]

    def keep(self, fd: int) -> None:
        """Let the owner of an apply hold this too, and close it with the claim."""
        self.kept.append(fd)

    def hand_over(self) -> None:
        """Another process holds it as well: from here on that decides whether the run is alive, not our share."""
        if self.executing is not None:
            os.close(self.files.pop(self.executing))
            self.handed_over, self.executing = self.executing, None
        self._close_kept()

    def running(self) -> bool:
        """Whether the started process, or any descendant, is alive."""
        return self.claims.alive(self.claim)

    def release(self) -> None:
        """Release this process's share; while something executes, the claim stays alive."""
        if self.handed_over is not None:
            self.claims._remove_free(self.handed_over)  # noqa: SLF001 - two halves of one thing
            self.handed_over = None
        self._close_kept()
        files, self.files, self.executing = self.files, {}, None
        self.claims._let_go(files)  # noqa: SLF001

    def _close_kept(self) -> None:
        while self.kept:
            os.close(self.kept.pop())


def _run_name(claim: Claim) -> str | None:
    token = _TOKEN.fullmatch(claim.token)
    return None if token is None else token[1]


def _is_held(path: Path) -> bool:
    """With a shared lock, so that two processes checking at once do not take each other for the holder."""
    try:
        descriptor = locked(path, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _holders(path: Path) -> set[int]:
    """The other processes that have the file open, as far as we may see them."""
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
        return None  # closed meanwhile, which does not affect the others


def _signal(pids: set[int], number: signal.Signals) -> int:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    return len(pids)


def _programs(holders: set[int]) -> set[int]:
    """The processes to signal: for bubblewrap its children, since it forwards no signals."""
    return {program_of(pid) or pid if _is_bubblewrap(pid) else pid for pid in holders}


def _is_bubblewrap(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == PROGRAM
    except OSError:
        return False


def _signed(path: Path) -> str:
    """The token; anything written after it is ignored."""
    with path.open("rb") as file:
        return file.readline(_LONGEST_TOKEN).decode(errors="replace").rstrip("\n")
