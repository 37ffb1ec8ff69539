"""Claims: a file for each run, and an flock on it that children inherit.

A pid may be reused and a lease needs a clock; the kernel frees an flock when the last process that inherited the
descriptor is gone, be it terraform, a provider or a provisioner's child.
"""

import contextlib
import fcntl
import os
import re
import secrets
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from runner.files import PRIVATE_FILE, private_folder
from runner.model.run import Claim
from runner.ports import Clock

_TOKEN = re.compile(r"(run-\d+)\.[0-9a-f]{16}")


class FileClaims:
    """Satisfies `ports.Claims` in the data directory."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self.folder = data_dir / "claims"
        self.clock = clock

    def take(self, run: int) -> "HeldFile | None":
        path = private_folder(self.folder) / f"run-{run}"
        descriptor = _locked(path, fcntl.LOCK_EX, create=True)
        if descriptor is None:
            return None
        claim = Claim(
            token=f"{path.name}.{secrets.token_hex(8)}",
            host=socket.gethostname(),
            pid=os.getpid(),
            since=self.clock.now(),
        )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, claim.token.encode(), 0)
        return HeldFile(claim, descriptor, path)

    def alive(self, claim: Claim) -> bool:
        """Whether any process still holds exactly this claim; one that is just being released counts as alive."""
        token = _TOKEN.fullmatch(claim.token)
        if token is None:
            return False
        path = self.folder / token[1]
        try:
            # Shared, so that two processes that look at once do not take each other for the holder.
            descriptor = _locked(path, fcntl.LOCK_SH)
            if descriptor is None:
                # Held, but perhaps by a later claim on the same run.
                return path.read_text() == claim.token
        except FileNotFoundError:
            return False
        os.close(descriptor)
        return False

    def end_orphans(self, claim: Claim) -> int:
        """Kill what holds the claim's file where the process that took it no longer does; how many.

        Who has the file open is asked, not whether a pid exists: a pid may be somebody else's by now.
        """
        token = _TOKEN.fullmatch(claim.token)
        if token is None or claim.host != socket.gethostname() or not self.alive(claim):
            return 0
        holders = _holders(self.folder / token[1])
        if claim.pid in holders or os.getpid() in holders:
            return 0
        for pid in holders:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return len(holders)


def _holders(path: Path) -> set[int]:
    """The processes that have the file open, as far as they may be looked at."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            if any(Path(entry.path).readlink() == path for entry in os.scandir(folder)):
                found.add(int(folder.parent.name))
    return found


@dataclass(frozen=True)
class HeldFile:
    """Satisfies `ports.HeldClaim`."""

    claim: Claim
    fd: int
    path: Path

    def release(self) -> None:
        """Let go of this process's share; while a descendant holds its own, the claim stays alive.

        Never LOCK_UN: it would take the lock from the descendants too, which share the open file.
        """
        os.close(self.fd)
        try:
            descriptor = _locked(self.path, fcntl.LOCK_EX)
        except FileNotFoundError:
            return
        if descriptor is not None:
            self.path.unlink(missing_ok=True)
            os.close(descriptor)


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
