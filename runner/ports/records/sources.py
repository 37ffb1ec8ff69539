"""The result of the last poll of each source."""

from typing import Protocol

from runner.model.stack.source import SourceStatus


class SourceReader(Protocol):
    def source(self, name: str) -> SourceStatus:
        """An empty status if it was never polled."""
        ...

    def sources(self) -> list[SourceStatus]: ...


class SourceWriter(SourceReader, Protocol):
    def save_source(self, status: SourceStatus) -> None: ...
