"""What is kept beside the records: artifacts, claims, keys, reports."""

from collections.abc import Sequence
from typing import Protocol

from runner.model.drift import DriftReport
from runner.model.run import Claim


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
    """True liveness: an flock on a file, inherited by children, free once the last descendant is gone."""

    def take(self, run: int) -> "HeldClaim | None":
        """None where another process holds it."""
        ...

    def alive(self, claim: Claim) -> bool: ...
    def end_orphans(self, claim: Claim) -> int:
        """Kill what a dead process left running under its claim; how many. Nothing where the process lives."""
        ...


class HeldClaim(Protocol):
    @property
    def claim(self) -> Claim: ...
    @property
    def fd(self) -> int: ...
    def release(self) -> None: ...


class Secrets(Protocol):
    """The key of this installation for fingerprints (32 bytes, generated 0600)."""

    def fingerprint_key(self) -> bytes: ...


class Reports(Protocol):
    def file(self, report: DriftReport) -> None:
        """Write `reports/<stack>/dr-N.{json,md}`; writing the same report again changes nothing."""
        ...
