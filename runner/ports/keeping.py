"""What is stored outside the database: artifacts, checkpoints, claims, keys, receipts, reports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.audit.checkpoint import Chain, Checkpoint
    from runner.model.audit.receipt import Receipt
    from runner.model.drift.report import DriftReport
    from runner.model.run.life import Claim
    from runner.model.stack.lock import Leftover
    from runner.model.state.version import StateKey


class Sealing(Protocol):
    """Encryption at rest; what it closes can only be opened for the same place."""

    def close(self, content: bytes, place: str) -> bytes: ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises if the bytes are damaged, from another place, or of a key that is not there."""
        ...


class Artifacts(Protocol):
    """Immutable bytes named by digest; mode 0600."""

    def put(self, run: int, name: str, content: bytes) -> str:
        """Store write-once and return the SHA-256 digest."""
        ...

    def get(self, run: int, name: str) -> bytes:
        """ArtifactNotFound if retention removed it or it never existed."""
        ...

    def names(self, run: int) -> Sequence[str]: ...

    def remove(self, run: int, name: str) -> None: ...


class StateArchive(Protocol):
    """The bytes of managed states' versions, sealed, by their SHA-256."""

    def put(self, key: StateKey, content: bytes) -> str:
        """Durable when it returns the digest. ArtifactStoreFailed, for example if the disk is full."""
        ...

    def get(self, key: StateKey, digest: str) -> bytes:
        """StateVersionLost if it cannot be read."""
        ...

    def keep_only(self, key: StateKey, digests: Collection[str]) -> int:
        """Remove all others of this state; returns how many."""
        ...


class Claims(Protocol):
    """True liveness: flocks on files, inherited by children and released when the last descendant exits."""

    def take(self, run: int, state: str | None = None) -> HeldClaim | None:
        """Claim this run and this state; None if another process, or one that it started, still holds either."""
        ...

    def adopt(self, claim: Claim) -> HeldClaim | None:
        """Supervise a run whose supervisor has died; None if it has a living one."""
        ...

    def alive(self, claim: Claim) -> bool:
        """Whether any process under this claim is alive."""
        ...

    def end_orphans(self, claim: Claim) -> int:
        """Kill the processes under a claim without a supervisor; returns how many."""
        ...

    def leftovers(self) -> Sequence[Leftover]:
        """Processes that hold a state without a supervisor; their run may have ended or may wait to be adopted."""
        ...

    def end_leftover(self, leftover: Leftover) -> int:
        """Kill its processes; returns how many."""
        ...

    def remove_free(self) -> int:
        """Remove the files of claims that nobody holds; returns how many."""
        ...


class HeldClaim(Protocol):
    @property
    def claim(self) -> Claim: ...
    @property
    def lock(self) -> int | None:
        """The descriptor that the executing process must inherit."""
        ...

    @property
    def kept(self) -> Sequence[int]:
        """The descriptors that the owner of an apply must hold and terraform must not."""
        ...

    def keep(self, fd: int) -> None:
        """Add one to `kept`; it is closed with the claim."""
        ...

    def hand_over(self) -> None:
        """The child has inherited them: from now on `running` says whether it is alive."""
        ...

    def running(self) -> bool: ...
    def release(self) -> None: ...


class Secrets(Protocol):
    """The key of this installation for fingerprints: 32 bytes, created with mode 0600."""

    def fingerprint_key(self) -> bytes: ...


class Reports(Protocol):
    def file(self, report: DriftReport) -> None:
        """Write `reports/<stack>/dr-N.{json,md}`; writing the same report again changes nothing."""
        ...


class Checkpoints(Protocol):
    """Positions of the audit log, stored outside the database; CheckpointFailed if they cannot be read or written."""

    @property
    def place(self) -> str: ...
    def read(self) -> Chain | None:
        """The whole chain; None if there is none."""
        ...

    def newest(self) -> Checkpoint | None: ...
    def append(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> bool:
        """Make it durable if `after` is still the newest; returns whether it was."""
        ...


class Receipts(Protocol):
    """What survives the loss of the database: which plans were handed to an apply, and which numbers were used."""

    def executed(self) -> Sequence[Receipt]: ...
    def highest_run(self) -> int:
        """The highest run number that appears anywhere on disk."""
        ...

    def highest_report(self) -> int: ...
