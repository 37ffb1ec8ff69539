"""The event feed, and the position of each consumer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.events.feed import Cursor, DeadLetter, FeedEvent, Payload


class FeedReader(Protocol):
    def events(self, after: int, topics: Collection[str] | None = None, limit: int = 100) -> list[FeedEvent]:
        """The next events of the feed, of these topics only, oldest first."""
        ...

    def newest_events(
        self,
        topics: Collection[str],
        stack: str | None,
        limit: int,
        after: int = 0,
        before: int | None = None,
    ) -> list[FeedEvent]:
        """The last of these topics, oldest first; of one stack, or of all."""
        ...

    def events_head(self) -> int: ...
    def cursors(self) -> list[Cursor]: ...
    def cursor(self, consumer: str) -> Cursor | None:
        """None if this consumer has never taken an event."""
        ...

    def waiting(self, after: int, topics: Collection[str]) -> tuple[int, datetime | None]:
        """How many events of these topics are behind it, and the time of the first one."""
        ...

    def dead_letters(self, consumer: str | None = None) -> list[DeadLetter]: ...


class FeedWriter(FeedReader, Protocol):
    def emit(self, topic: str, subject: str, payload: Payload) -> None:
        """Add an event of a change outside the database; the changes of records emit their own."""
        ...

    def save_cursor(self, cursor: Cursor) -> None: ...
    def forget_consumers(self, but: Collection[str]) -> None: ...
    def bury(self, consumer: str, event: FeedEvent, problem: str) -> None: ...
    def unbury(self, consumer: str, events: Collection[int]) -> None:
        """Drop these dead letters of the consumer."""
        ...
