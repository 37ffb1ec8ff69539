"""Probe results of each stack, and distrusted providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model.warm.compared import Compared, HowPlanned
    from runner.model.warm.probe import Distrust, ProbeRecord
    from runner.model.warm.provider import Provider


class ProbeReader(Protocol):
    def probe(self, stack: str) -> ProbeRecord:
        """The results of its checks so far; an empty record before the first."""
        ...

    def distrusted(self) -> frozenset[str]:
        """The checksums of the distrusted providers."""
        ...

    def distrust_of(self) -> list[Distrust]: ...
    def compared(self) -> tuple[Compared, ...]:
        """What plans with warm providers were compared with on this installation."""
        ...

    def how_planned(self, run_id: int) -> HowPlanned | None: ...
    def asks_for_full_plan(self, run_id: int) -> bool:
        """Whether somebody wants this check to be a full plan."""
        ...


class ProbeWriter(ProbeReader, Protocol):
    def save_probe(self, stack: str, record: ProbeRecord) -> None: ...
    def planned_with(self, provider: Provider) -> list[int]:
        """The runs that wait with a plan made with this provider, warm and not compared."""
        ...

    def save_how_planned(self, run_id: int, how: HowPlanned) -> None: ...
    def ask_for_full_plan(self, run_id: int) -> None: ...
    def save_compared(self, engine: str, provider: Provider, types: frozenset[str]) -> None:
        """These types too were compared now."""
        ...

    def count_plan(self, engine: str, providers: Iterable[Provider]) -> None:
        """One more plan with these was not compared."""
        ...

    def distrust(self, provider: Provider, stack: str, reason: str) -> None: ...
    def trust(self, checksum: str, *, by: str, reason: str) -> int: ...
