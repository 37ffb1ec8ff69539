"""The audit log and the outbox: one row of each for what changed, in the transaction that changed it."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from runner.model.audit import GENESIS, AuditEntry, chain_hash
from runner.store.rows import compact, text
from runner.store.session import Session


class AuditReads(Session):
    def audit(self, *, subject: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """The newest entries, newest first."""
        if subject is None:
            rows = self._all("SELECT * FROM audit ORDER BY seq DESC LIMIT ?", limit)
        else:
            sql = "SELECT * FROM audit WHERE subject = ? ORDER BY seq DESC LIMIT ?"
            rows = self._all(sql, subject, limit)
        return [entry_of(row) for row in rows]

    def audit_head(self) -> tuple[int, str]:
        """Number and hash of the newest entry: kept elsewhere, it shows later that the end was cut off."""
        row = self._one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        return (row["seq"], row["hash"]) if row else (0, GENESIS)


class Writes(AuditReads):
    """What every writing room stands on."""

    def audit_note(self, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        seq, previous = self.audit_head()
        at, body = text(self._now), compact(detail)
        digest = chain_hash(seq + 1, previous, at, actor, action, subject, body)
        self._do(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            seq + 1, at, actor, action, subject, body, digest,
        )  # fmt: skip

    def _tell(self, topic: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Put an event into the outbox, where notifications and metrics find it."""
        self._do(
            "INSERT INTO outbox (at, topic, subject, payload) VALUES (?, ?, ?, ?)",
            text(self._now), topic, subject, compact(payload),
        )  # fmt: skip


def entry_of(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry(
        seq=row["seq"],
        at=datetime.fromisoformat(row["at"]),
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=json.loads(row["detail"]),
        hash=row["hash"],
    )


def audit_page(connection: sqlite3.Connection, after: int, limit: int) -> list[sqlite3.Row]:
    """Entries as they are stored, oldest first."""
    sql = "SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"
    return connection.execute(sql, (after, limit)).fetchall()


def first_broken(rows: Iterable[sqlite3.Row], seq: int, previous: str) -> int | None:
    """The first entry that does not follow from the one before it."""
    for found, at, actor, action, subject, detail, digest in rows:
        seq += 1
        if found != seq or digest != chain_hash(seq, previous, at, actor, action, subject, detail):
            return seq
        previous = digest
    return None
