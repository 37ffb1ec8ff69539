"""Claims: who attends to a run, what executes it, and which state it may change, each as an flock on a file.

run-7            what executes. Where runs have namespaces, the processes around them hold it and nothing inside can;
                 elsewhere terraform and everything that it starts inherit it
run-7.attended   the process that records how it ends: never inherited
state-<digest>   the state that a change may write, signed by its run: kept by who attends to that run, and after that
                 for as long as anything executes it

A pid may be reused and a lease needs a clock; the kernel frees an flock when the last process that has the open file is
gone. The first line of a file is the token of its claim; what follows is bubblewrap's account of its processes.
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

from runner.confinement.bubblewrap import PROGRAM, program_of
from runner.host.files import private_folder
from runner.host.flock import locked
from runner.model.run.life import Claim
from runner.model.stack.lock import Leftover
from runner.ports.basics import Clock

_RUN = re.compile(r"run-\d+")
_TOKEN = re.compile(rf"({_RUN.pattern})\.[0-9a-f]{{16}}")
_LONGEST_TOKEN = 64
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
            host=socket.gethostname(),
            pid=os.getpid(),
            since=self.clock.now(),
        )
        for path in paths[1:]:
            os.ftruncate(descriptors[path], 0)
            os.write(descriptors[path], f"{claim.token}\n".encode())
        return HeldFiles(self, claim, descriptors, executing=paths[1])

    def adopt(self, claim: Claim) -> "HeldFiles | None":
        """Attend to what another process began and cannot attend to any more; None where it still does."""
        name = _run_name(claim)
        if name is None:
            return None
        path = private_folder(self.folder) / f"{name}{_ATTENDED}"
        descriptor = locked(path, fcntl.LOCK_EX, create=True)
        if descriptor is None:
            return None
        # What executed under it is gone, or goes on without us; its file is removed with the claim.
        return HeldFiles(self, claim, {path: descriptor}, handed_over=self.folder / name)

    def alive(self, claim: Claim) -> bool:
        """Whether anything that executes under exactly this claim lives; what is just being released counts."""
        name = _run_name(claim)
        if name is None:
            return False
        path = self.folder / name
        try:
            # Held, but perhaps by a later claim on the same run.
            return _is_held(path) and _signed(path) == claim.token
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
        found = _signal(_programs(_holders(self.folder / name)), signal.SIGINT)
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
                pids = tuple(sorted(_holders(self.folder / run)))
                found.append(Leftover(run, path.name.removeprefix(_STATE), pids))
        return found

    def end_leftover(self, leftover: Leftover) -> int:
        """Kill what is left of it; how many. Nothing where the state has gone over to another run meanwhile."""
        if self._left_by(self.folder / f"{_STATE}{leftover.state}") != leftover.run:
            return 0
        return _signal(_holders(self.folder / leftover.run), signal.SIGKILL)

    def remove_free(self) -> int:
        """Remove the files of dead processes, which nobody holds; how many."""
        return sum(self._remove_free(path) for path in self.folder.glob("*"))

    def _left_by(self, path: Path) -> str | None:
        """The run that still executes on this state though nobody attends to it."""
        run = self._executing_on(path)
        return run if run is not None and not _is_held(self.folder / f"{run}{_ATTENDED}") else None

    def _executed_by_another(self, path: Path, name: str) -> bool:
        return self._executing_on(path) not in {None, name}

    def _executing_on(self, path: Path) -> str | None:
        """The run that has signed for this state, while anything of it lives."""
        try:
            run = _RUN.match(_signed(path))
        except FileNotFoundError:
            return None
        return run[0] if run is not None and _is_held(self.folder / run[0]) else None

    def _let_go(self, files: dict[Path, int]) -> None:
        """Never LOCK_UN: it would take the lock from what shares the open file, too."""
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
        # Of a state on which something executes the file is what says so.
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
        """What whoever executes has to hold too."""
        return None if self.executing is None else self.files[self.executing]

    def keep(self, fd: int) -> None:
        """Have whoever owns an apply hold this too, and close it with the claim."""
        self.kept.append(fd)

    def hand_over(self) -> None:
        """Somebody else holds it as well: from here on that says whether the run lives, not whether we do."""
        if self.executing is not None:
            os.close(self.files.pop(self.executing))
            self.handed_over, self.executing = self.executing, None
        self._close_kept()

    def running(self) -> bool:
        """Whether what was started, or anything that it started, lives."""
        return self.claims.alive(self.claim)

    def release(self) -> None:
        """Let go of this process's share; while something executes, the claim stays alive."""
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
    """Shared, so that two processes that look at once do not take each other for the holder."""
    try:
        descriptor = locked(path, fcntl.LOCK_SH)
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


def _programs(holders: set[int]) -> set[int]:
    """Whom to ask to end: where a holder is bubblewrap, what it has started, for it hands on no signal."""
    return {program_of(pid) or pid if _is_bubblewrap(pid) else pid for pid in holders}


def _is_bubblewrap(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == PROGRAM
    except OSError:
        return False


def _signed(path: Path) -> str:
    """The token; nothing that is written behind it is looked at."""
    with path.open("rb") as file:
        return file.readline(_LONGEST_TOKEN).decode(errors="replace").rstrip("\n")
