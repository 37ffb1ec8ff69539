"""Queues of changes in the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.cloud_events.queue import Message, QueueAddress


class ChangeQueue(Protocol):
    """Every method may raise the errors of AWS (`errors/aws.py`). Messages come at least once, in any order."""

    @property
    def address(self) -> QueueAddress: ...

    def receive(self) -> Sequence[Message]:
        """Waits for up to 20 seconds for the first one; none if there is none."""
        ...

    def delete(self, messages: Sequence[Message]) -> None: ...

    def keep(self, messages: Sequence[Message]) -> None:
        """Out of the sight of others for another minute."""
        ...

    def bury(self, message: Message, reason: str) -> bool:
        """To the dead-letter queue, with the reason; False if there is none. Deleting it is another step."""
        ...
