"""Changes in the cloud that were reported, and how reading the queues goes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.cloud_events.queue import QueueState
    from runner.model.cloud_events.touched import Taken
    from runner.model.suspects.event import TrailEvent


class CloudEventReader(Protocol):
    def cloud_events(
        self, names: Collection[str], since: datetime, until: datetime, *, limit: int = 1000
    ) -> list[TrailEvent]:
        """Those of that time with one of these ARNs, ids or names, the newest first."""
        ...

    def cloud_events_of_nobody(self, since: datetime, *, limit: int = 1000) -> list[TrailEvent]:
        """Those since then that touched nothing that a stack manages, the newest first."""
        ...

    def knows_cloud_event(self, event: str) -> bool: ...
    def queue_states(self) -> list[QueueState]: ...


class CloudEventWriter(CloudEventReader, Protocol):
    def add_cloud_event(self, taken: Taken) -> bool:
        """False if it is on record: a queue may hand it out again."""
        ...

    def want_check(self, stack: str, at: datetime, why: str) -> None:
        """Make a check due because of a change from outside, until the next one is queued: it sees the change."""
        ...

    def save_queue_state(self, state: QueueState) -> None: ...
    def forget_queues(self, *, but: Collection[str]) -> None: ...
    def prune_cloud_events(self, before: datetime, most: int) -> int:
        """Remove those from before then, and the oldest if there are more than that many; returns how many."""
        ...
