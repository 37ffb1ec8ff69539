"""The result of the last poll of each source, and which to poll soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.stack.source import SourceStatus


class SourceReader(Protocol):
    def source(self, name: str) -> SourceStatus:
        """An empty status if it was never polled."""
        ...

    def sources(self) -> list[SourceStatus]: ...
    def wakes(self) -> frozenset[str]:
        """Sources for which a webhook came since."""
        ...


class SourceWriter(SourceReader, Protocol):
    def save_source(self, status: SourceStatus) -> None: ...
    def wake(self, source: str) -> None:
        """Have it polled soon, however often this is asked for."""
        ...

    def take_wakes(self) -> frozenset[str]:
        """Those that were asked for; none is any more."""
        ...
