"""The feed as rows: events in the outbox, a cursor for each consumer, and the events it could not process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from runner.model.values.codec import from_plain, to_plain
from runner.store.audit import Writes
from runner.store.rows import Value, compact, text, text_or_none, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.events.feed import Cursor, DeadLetter, FeedEvent, Payload

NEVER = 2**63 - 1  # no event is behind it


class FeedReads(Session):
    def events(self, after: int, topics: Collection[str] | None = None, limit: int = 100) -> list[FeedEvent]:
        """The next events of these topics, oldest first."""
        from runner.model.events.feed import TOPICS

        wanted = tuple(TOPICS if topics is None else topics)
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT * FROM outbox WHERE id > ? AND topic IN ({marks}) ORDER BY id LIMIT ?"  # noqa: S608
        return [_event(row) for row in self._all(sql, after, *wanted, limit)]

    def newest_events(
        self,
        topics: Collection[str],
        stack: str | None,
        limit: int,
        after: int = 0,
        before: int | None = None,
    ) -> list[FeedEvent]:
        """The last events of these topics, oldest first; of one stack, or of all."""
        marks = ", ".join("?" * len(topics))
        sql = f"""
            SELECT * FROM outbox WHERE id > ? AND id < ? AND topic IN ({marks})
            AND (? IS NULL OR json_extract(payload, '$.stack') = ?) ORDER BY id DESC LIMIT ?
        """  # noqa: S608 - only marks
        return [
            _event(row)
            for row in reversed(
                self._all(sql, after, NEVER if before is None else before, *topics, stack, stack, limit)
            )
        ]

    def events_head(self) -> int:
        """The number of the newest event."""
        row = self._one("SELECT max(id) AS id FROM outbox")
        return (row["id"] if row else None) or 0

    def cursors(self) -> list[Cursor]:
        return [_cursor(row) for row in self._all("SELECT * FROM consumers ORDER BY name")]

    def cursor(self, consumer: str) -> Cursor | None:
        row = self._one("SELECT * FROM consumers WHERE name = ?", consumer)
        return None if row is None else _cursor(row)

    def waiting(self, after: int, topics: Collection[str]) -> tuple[int, datetime | None]:
        marks = ", ".join("?" * len(topics))
        sql = f"SELECT count(*) AS found, min(at) AS at FROM outbox WHERE id > ? AND topic IN ({marks})"  # noqa: S608
        row = self._one(sql, after, *topics)
        return (row["found"], time_or_none(row["at"])) if row else (0, None)

    def dead_letters(self, consumer: str | None = None) -> list[DeadLetter]:
        """Oldest first."""
        sql = "SELECT * FROM dead_letters WHERE coalesce(consumer = ?, 1) ORDER BY id, consumer"
        return [_dead(row) for row in self._all(sql, consumer)]


class FeedWrites(FeedReads, Writes):
    def emit(self, topic: str, subject: str, payload: Payload) -> None:
        self._emit(topic, subject, payload)

    def save_cursor(self, cursor: Cursor) -> None:
        row: dict[str, Value] = {
            "name": cursor.consumer,
            "position": cursor.position,
            "tries": cursor.tries,
            "next_try": text_or_none(cursor.next_try),
            "problem": cursor.problem,
            "sent": compact([text(at) for at in cursor.sent]),
            "messages": cursor.messages,
            "failures": cursor.failures,
            "last_sent": text_or_none(cursor.last_sent),
            "failing_since": text_or_none(cursor.failing_since),
        }
        self._upsert("consumers", row, "name")

    def forget_consumers(self, but: Collection[str]) -> None:
        """Consumers that are no longer configured hold no event back; their dead letters are dropped too."""
        for cursor in self.cursors():
            if cursor.consumer not in but:
                self._do("DELETE FROM consumers WHERE name = ?", cursor.consumer)
                self._do("DELETE FROM dead_letters WHERE consumer = ?", cursor.consumer)

    def bury(self, consumer: str, event: FeedEvent, problem: str) -> None:
        row: dict[str, Value] = {
            "consumer": consumer,
            "id": event.id,
            "at": text(event.at),
            "topic": event.topic,
            "subject": event.subject,
            "payload": compact(to_plain(event.payload)),
            "problem": problem,
            "since": text(self._now),
        }
        self._upsert("dead_letters", row, "consumer, id")

    def unbury(self, consumer: str, events: Collection[int]) -> None:
        for event in events:
            self._do("DELETE FROM dead_letters WHERE consumer = ? AND id = ?", consumer, event)


def _event(row: sqlite3.Row) -> FeedEvent:
    from runner.model.events.feed import TOPICS, FeedEvent

    topic = row["topic"]
    payload = cast("Payload", from_plain(cast("type[Any]", TOPICS[topic]), json.loads(row["payload"])))
    return FeedEvent(row["id"], datetime.fromisoformat(row["at"]), topic, row["subject"], payload)


def _cursor(row: sqlite3.Row) -> Cursor:
    from runner.model.events.feed import Cursor

    return Cursor(
        row["name"],
        row["position"],
        row["tries"],
        time_or_none(row["next_try"]),
        row["problem"],
        tuple(map(datetime.fromisoformat, json.loads(row["sent"]))),
        row["messages"],
        row["failures"],
        time_or_none(row["last_sent"]),
        time_or_none(row["failing_since"]),
    )


def _dead(row: sqlite3.Row) -> DeadLetter:
    from runner.model.events.feed import DeadLetter

    return DeadLetter(row["consumer"], _event(row), row["problem"], datetime.fromisoformat(row["since"]))
