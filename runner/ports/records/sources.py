"""What the last poll of each source found."""

from typing import Protocol

from runner.model.stack.source import SourceStatus


class SourceReader(Protocol):
    def source(self, name: str) -> SourceStatus:
        """An empty status where it was never polled."""
        ...

    def sources(self) -> list[SourceStatus]: ...


class SourceWriter(SourceReader, Protocol):
    def save_source(self, status: SourceStatus) -> None: ...
