"""Who takes events of the feed."""

from collections.abc import Collection
from typing import Protocol

from runner.model.events.feed import FeedEvent


class Consumer(Protocol):
    """Gets each event of its topics at least once and in order; `FeedEvent.key` tells a repetition."""

    @property
    def name(self) -> str: ...
    @property
    def topics(self) -> Collection[str] | None:
        """None for all."""
        ...

    def take(self, event: FeedEvent) -> None:
        """NotDelivered where the event has to come again."""
        ...
