"""Consumers of the event feed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.events.feed import FeedEvent


class Consumer(Protocol):
    """Gets each event of its topics at least once and in order; `FeedEvent.key` identifies repetitions."""

    @property
    def name(self) -> str: ...
    @property
    def topics(self) -> Collection[str] | None:
        """None for all."""
        ...

    def take(self, event: FeedEvent) -> None:
        """Raises NotDelivered if the event must be delivered again."""
        ...
