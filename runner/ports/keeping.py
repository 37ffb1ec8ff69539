"""What is kept beside the records: artifacts, checkpoints, claims, keys, receipts, reports."""

from collections.abc import Sequence
from typing import Protocol

from runner.model.audit.checkpoint import Chain, Checkpoint
from runner.model.audit.receipt import Receipt
from runner.model.drift.report import DriftReport
from runner.model.run.life import Claim
from runner.model.stack.lock import Leftover


class Artifacts(Protocol):
    """Immutable bytes named by digest; mode 0600."""

    def put(self, run: int, name: str, content: bytes) -> str:
        """Store write-once and return the SHA-256 digest."""
        ...

    def get(self, run: int, name: str) -> bytes:
        """ArtifactNotFound where retention removed it or it never was."""
        ...

    def names(self, run: int) -> Sequence[str]: ...

    def remove(self, run: int, name: str) -> None: ...


class Claims(Protocol):
    """True liveness: flocks on files, inherited by children, free once the last descendant is gone."""

    def take(self, run: int, state: str | None = None) -> "HeldClaim | None":
        """Execute this run, and change this state; None where another process, or what one left, still does."""
        ...

    def adopt(self, claim: Claim) -> "HeldClaim | None":
        """Attend to what a dead process began; None where a living one does."""
        ...

    def alive(self, claim: Claim) -> bool:
        """Whether anything that executes under it lives."""
        ...

    def end_orphans(self, claim: Claim) -> int:
        """Kill what executes under a claim that nobody attends to; how many."""
        ...

    def leftovers(self) -> Sequence[Leftover]:
        """What keeps a state though nobody attends to its run, which may be over, or wait for somebody who does."""
        ...

    def end_leftover(self, leftover: Leftover) -> int:
        """Kill what is left of it; how many."""
        ...

    def remove_free(self) -> int:
        """Remove what dead processes left of claims that nobody holds; how many."""
        ...


class HeldClaim(Protocol):
    @property
    def claim(self) -> Claim: ...
    @property
    def lock(self) -> int | None:
        """What whoever executes has to hold too."""
        ...

    @property
    def kept(self) -> Sequence[int]:
        """What whoever owns an apply has to hold too, and terraform must not."""
        ...

    def keep(self, fd: int) -> None:
        """Add to that, and close it with the claim."""
        ...

    def hand_over(self) -> None:
        """The child has them: from here on `running` says whether it lives."""
        ...

    def running(self) -> bool: ...
    def release(self) -> None: ...


class Secrets(Protocol):
    """The key of this installation for fingerprints (32 bytes, generated 0600)."""

    def fingerprint_key(self) -> bytes: ...


class Reports(Protocol):
    def file(self, report: DriftReport) -> None:
        """Write `reports/<stack>/dr-N.{json,md}`; writing the same report again changes nothing."""
        ...


class Checkpoints(Protocol):
    """Where the audit log stood, kept outside the database; CheckpointFailed where it cannot be read or written."""

    @property
    def place(self) -> str: ...
    def read(self) -> Chain | None:
        """All of it; None where there is none."""
        ...

    def newest(self) -> Checkpoint | None: ...
    def append(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> bool:
        """Make it durable, if `after` still is the newest; whether it was."""
        ...


class Receipts(Protocol):
    """What outlives the database: which plans were handed to an apply, and which numbers were used."""

    def executed(self) -> Sequence[Receipt]: ...
    def highest_run(self) -> int:
        """The highest number of a run that anything on disk carries."""
        ...

    def highest_report(self) -> int: ...
