"""The audit log and the outbox: a row in each for every change, in the same transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.model.audit.log import CLOCK, GENESIS, AuditEntry, chain_hash
from runner.model.run.life import Event
from runner.model.values.codec import to_plain
from runner.store.rows import Value, compact, text
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.events.feed import Payload

OFFERED = f"run.{Event.OFFER}"
Stored = Any  # a row of _COLUMNS: number, five texts and the hash
_COLUMNS = "seq, at, actor, action, subject, detail, hash"
_AS_BYTES = ", ".join(f"CAST({name} AS BLOB)" for name in _COLUMNS.split(", ")[1:])
_NUMBERED = {"run": "runs", "dr": "reports"}
_PAGE = "FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"


# Retention removes runs, whose entries still name their stack; a refused approval names only its run.
_OF_STACK = """(
    subject = ?
    OR (json_valid(detail) AND json_extract(detail, '$.stack') = ?)
    OR subject IN (SELECT 'run-' || id FROM runs WHERE stack = ?)
    OR subject IN (SELECT 'dr-' || id FROM reports WHERE stack = ?)
)"""


class AuditReads(Session):
    def audit(
        self,
        *,
        subject: str | None = None,
        stack: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        below: int | None = None,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """The newest entries, newest first. A stack's entries include those of its runs and reports."""
        tests: list[tuple[str, tuple[Value, ...]]] = []
        if subject is not None:
            tests.append(("subject = ?", (subject,)))
        if stack is not None:
            tests.append((_OF_STACK, (stack, stack, stack, stack)))
        if actor is not None:
            tests.append(("actor = ?", (actor,)))
        if since is not None:
            tests.append(("at >= ?", (text(since),)))
        if until is not None:
            tests.append(("at <= ?", (text(until),)))
        if below is not None:
            tests.append(("seq < ?", (below,)))
        where = " AND ".join(["1", *(test for test, _ in tests)])
        values = [value for _, group in tests for value in group]
        sql = f"SELECT * FROM audit WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - of constants
        return [entry_of(row) for row in self._all(sql, *values, limit)]

    def stack_of_subject(self, subject: str) -> str | None:
        kind, _, number = subject.rpartition("-")
        if kind not in _NUMBERED or not (number.isascii() and number.isdigit()):
            return None
        row = self._one(f"SELECT stack FROM {_NUMBERED[kind]} WHERE id = ?", int(number))  # noqa: S608 - a constant
        return None if row is None else row["stack"]

    def audit_head(self) -> tuple[int, str]:
        """Number and hash of the newest entry: stored elsewhere, it later reveals truncation."""
        row = self._one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        return (row["seq"], row["hash"]) if row else (0, GENESIS)

    def audit_hash(self, seq: int) -> str | None:
        """The stored hash; None if there is no such entry."""
        row = self._one("SELECT hash FROM audit WHERE seq = ?", seq)
        return None if row is None else row["hash"]

    def audit_knows(self, action: str, subject: str | None = None, text: str = "") -> bool:
        sql = "SELECT 1 FROM audit WHERE action = ? AND instr(detail, ?)"
        if subject is None:
            return self._one(f"{sql} LIMIT 1", action, text) is not None
        return self._one(f"{sql} AND subject = ? LIMIT 1", action, text, subject) is not None

    def newest_time(self, run: str | None = None) -> datetime | None:
        """The latest time in the log since a person last accepted the clock, and since the run's plan was offered.

        Earlier times say nothing about the plan's age: the clock may have been wrong for a while.
        """
        since = self._one(
            "SELECT max(seq) AS seq FROM audit WHERE subject = ? OR (subject = ? AND action = ?)",
            CLOCK, run, OFFERED,
        )  # fmt: skip
        row = self._one(
            "SELECT at FROM audit WHERE +seq >= ? ORDER BY at DESC LIMIT 1",  # by the index of times, to its first match
            (since["seq"] if since else None) or 0,
        )
        return None if row is None else datetime.fromisoformat(row["at"])


class Writes(AuditReads):
    """The base of all writing classes."""

    def audit_note(self, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        seq, previous = self.audit_head()
        at, body = text(self._now), compact(detail)
        digest = chain_hash(seq + 1, previous, at, actor, action, subject, body)
        self._do(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            seq + 1, at, actor, action, subject, body, digest,
        )  # fmt: skip

    def _emit(self, topic: str, subject: str, payload: Payload) -> None:
        """Put an event into the outbox, for the consumers of the feed."""
        from runner.model.events.feed import TOPICS

        assert isinstance(payload, TOPICS[topic])
        self._do(
            "INSERT INTO outbox (at, topic, subject, payload) VALUES (?, ?, ?, ?)",
            text(self._now), topic, subject, compact(to_plain(payload)),
        )  # fmt: skip


def entry_of(row: Stored) -> AuditEntry:
    seq, at, actor, action, subject, detail, digest = row
    return AuditEntry(seq, datetime.fromisoformat(at), actor, action, subject, json.loads(detail), digest)


def audit_page(connection: sqlite3.Connection, after: int, limit: int) -> list[Stored]:
    """Entries as stored, oldest first; undecodable bytes are kept, so that they are detected."""
    try:
        return connection.execute(f"SELECT {_COLUMNS} {_PAGE}", (after, limit)).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    raw = connection.execute(f"SELECT seq, {_AS_BYTES} {_PAGE}", (after, limit))
    return [(seq, *(value.decode(errors="surrogateescape") for value in texts)) for seq, *texts in raw]


def first_broken(rows: Iterable[Stored], seq: int, previous: str) -> int | None:
    """The first entry that does not follow from the previous one."""
    for found, at, actor, action, subject, detail, digest in rows:
        seq += 1
        if found != seq or digest != chain_hash(seq, previous, at, actor, action, subject, detail):
            return seq
        previous = digest
    return None
