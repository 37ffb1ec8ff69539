"""Changes in the cloud that were reported. No value of a request is among them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from runner.store.rows import compact, text, text_or_none, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

    from runner.model.cloud_events.queue import QueueState
    from runner.model.cloud_events.touched import Taken
    from runner.model.suspects.event import TrailEvent


class CloudEventReads(Session):
    def cloud_events(
        self, names: Collection[str], since: datetime, until: datetime, *, limit: int = 1000
    ) -> list[TrailEvent]:
        sql = """
            SELECT DISTINCT e.id, e.at, e.event FROM json_each(?) wanted
            JOIN cloud_event_names n ON n.name = wanted.value JOIN cloud_events e ON e.id = n.event
            WHERE e.at BETWEEN ? AND ? ORDER BY e.at DESC, e.id LIMIT ?
        """
        found = self._all(sql, json.dumps(sorted(names)), text(since), text(until), limit)
        return [_event(row) for row in found]

    def cloud_events_of_nobody(self, since: datetime, *, limit: int = 1000) -> list[TrailEvent]:
        sql = """
            SELECT event FROM cloud_events WHERE stacks = '[]' AND own = 0 AND at >= ? ORDER BY at DESC, id LIMIT ?
        """
        return [_event(row) for row in self._all(sql, text(since), limit)]

    def knows_cloud_event(self, event: str) -> bool:
        return self._one("SELECT 1 FROM cloud_events WHERE id = ?", event) is not None

    def queue_states(self) -> list[QueueState]:
        from runner.model.cloud_events.queue import QueueState

        return [
            QueueState(
                row["url"],
                datetime.fromisoformat(row["since"]),
                row["problem"],
                row["hint"],
                time_or_none(row["received_at"]),
            )
            for row in self._all("SELECT * FROM event_queues ORDER BY url")
        ]


class CloudEventWrites(CloudEventReads):
    def add_cloud_event(self, taken: Taken) -> bool:
        from runner.model.cloud_events.touched import names_of
        from runner.model.values.codec import to_plain

        event = taken.event
        row = (
            event.id,
            text(event.at),
            text(self._now),
            compact(sorted(taken.stacks)),
            int(taken.own),
            compact(to_plain(event)),
        )
        sql = "INSERT OR IGNORE INTO cloud_events (id, at, received_at, stacks, own, event) VALUES (?, ?, ?, ?, ?, ?)"
        if not self._do(sql, *row):
            return False
        self._connection.executemany(
            "INSERT OR IGNORE INTO cloud_event_names (name, event) VALUES (?, ?)",
            ((name, event.id) for name in names_of(event)),
        )
        return True

    def want_check(self, stack: str, at: datetime, why: str) -> None:
        self._update("stacks", {"check_wanted_at": text(at), "check_wanted_for": why}, {"name": stack})

    def save_queue_state(self, state: QueueState) -> None:
        row = {
            "url": state.url,
            "since": text(state.since),
            "problem": state.problem,
            "hint": state.hint,
            "received_at": text_or_none(state.received_at),
        }
        self._upsert("event_queues", row, "url")

    def forget_queues(self, *, but: Collection[str]) -> None:
        sql = "DELETE FROM event_queues WHERE url NOT IN (SELECT value FROM json_each(?))"
        self._do(sql, json.dumps(sorted(but)))

    def prune_cloud_events(self, before: datetime, most: int) -> int:
        # By when they came: the times in events are what somebody wrote, and may lie in the future.
        newest = "SELECT id FROM cloud_events ORDER BY received_at DESC, at DESC, id LIMIT ?"
        gone = self._do(
            f"DELETE FROM cloud_events WHERE min(at, received_at) < ? OR id NOT IN ({newest})",  # noqa: S608 - a constant
            text(before),
            most,
        )
        if gone:
            self._do("DELETE FROM cloud_event_names WHERE event NOT IN (SELECT id FROM cloud_events)")
        return gone


def _event(row: sqlite3.Row) -> TrailEvent:
    from runner.model.suspects.event import TrailEvent
    from runner.model.values.codec import from_plain

    return from_plain(TrailEvent, json.loads(row["event"]))
