"""Channels: how a notification reaches somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.notify.message import Message


class Channel(Protocol):
    def send(self, message: Message) -> None:
        """Raises NotDelivered, whose message has no secret in it. It takes no longer than half a minute."""

    def flaws(self) -> Iterator[str]:
        """Why it would not deliver anything; nothing is sent."""
        ...
