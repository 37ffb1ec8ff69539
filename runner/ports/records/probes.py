"""Probe results of each stack, and distrusted providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.drift.probe import Distrust, ProbeRecord, Provider


class ProbeReader(Protocol):
    def probe(self, stack: str) -> ProbeRecord:
        """The results of its checks so far; an empty record before the first."""
        ...

    def distrusted(self) -> frozenset[str]:
        """The checksums of the distrusted providers."""
        ...

    def distrust_of(self) -> list[Distrust]: ...


class ProbeWriter(ProbeReader, Protocol):
    def save_probe(self, stack: str, record: ProbeRecord) -> None: ...
    def distrust(self, provider: Provider, stack: str, reason: str) -> None: ...
    def trust(self, checksum: str, *, by: str, reason: str) -> int: ...
