"""What probes have shown of each stack, and the providers that are not probed any more."""

from typing import Protocol

from runner.model.drift.probe import Distrust, ProbeRecord, Provider


class ProbeReader(Protocol):
    def probe(self, stack: str) -> ProbeRecord:
        """What its checks have shown so far; an empty record before the first."""
        ...

    def distrusted(self) -> frozenset[str]:
        """The checksums of the providers that are not probed any more."""
        ...

    def distrust_of(self) -> list[Distrust]: ...


class ProbeWriter(ProbeReader, Protocol):
    def save_probe(self, stack: str, record: ProbeRecord) -> None: ...
    def distrust(self, provider: Provider, stack: str, reason: str) -> None: ...
    def trust(self, checksum: str, *, by: str, reason: str) -> int: ...
