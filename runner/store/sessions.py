"""Sessions of browsers and login codes. Secrets are not here: only their digests."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runner.errors import NotFound
from runner.store.audit import Writes
from runner.store.rows import text, time_or_none
from runner.store.tokens import TokenReads

if TYPE_CHECKING:
    from runner.model.access.session import Identity, LoginCode, Session

# Whoever comes with one that has ended is told so for that long.
KEPT = timedelta(days=7)


class SessionReads(TokenReads):
    def session(self, digest: str) -> Session | None:
        row = self._one("SELECT * FROM sessions WHERE digest = ?", digest)
        return None if row is None else _session(row)

    def sessions(self) -> list[Session]:
        tokens = {token.digest: token for token in self.tokens()}
        found = map(_session, self._all("SELECT * FROM sessions ORDER BY name, created_at"))
        return [one for one in found if one.lives(tokens.get(one.token or ""), self._now)]


class SessionWrites(SessionReads, Writes):
    def add_session(self, session: Session, *, address: str) -> None:
        forgotten = text(self._now - KEPT)
        self._do("DELETE FROM sessions WHERE expires_at <= ? OR ended_at <= ?", forgotten, forgotten)
        self._insert(
            "sessions",
            {
                "digest": session.digest,
                **_columns(session.identity),
                "token": session.token,
                "created_at": text(session.created_at),
                "expires_at": text(session.expires_at),
                "seen_at": text(session.seen_at),
            },
        )
        who = session.identity
        self.audit_note(who.name, "login", who.name, {"known_by": who.known_by, "address": address})

    def note_session(self, digest: str, at: datetime) -> None:
        self._do("UPDATE sessions SET seen_at = ? WHERE digest = ?", text(at), digest)

    def end_session(self, digest: str) -> None:
        found = self.session(digest)
        if found is None or found.ended_at is not None:
            return
        self._do("UPDATE sessions SET ended_at = ? WHERE digest = ?", text(self._now), digest)
        self.audit_note(found.identity.name, "logout", found.identity.name, {})

    def end_sessions(self, name: str, *, by: str) -> int:
        found = [one for one in self.sessions() if one.identity.name == name]
        if not found:
            raise NotFound(what="session", name=name, hint="driftline session list")
        for one in found:
            self._do("UPDATE sessions SET ended_at = ? WHERE digest = ?", text(self._now), one.digest)
        self.audit_note(by, "session.end", name, {"sessions": len(found)})
        return len(found)

    def add_login_code(self, code: LoginCode) -> None:
        self._do("DELETE FROM login_codes WHERE expires_at <= ?", text(self._now))
        self._insert(
            "login_codes",
            {"digest": code.digest, **_columns(code.identity), "expires_at": text(code.expires_at)},
        )

    def take_login_code(self, digest: str) -> Identity | None:
        row = self._one(
            "SELECT * FROM login_codes WHERE digest = ? AND expires_at > ?", digest, text(self._now)
        )
        self._do("DELETE FROM login_codes WHERE digest = ?", digest)
        return None if row is None else _identity(row)


def _columns(of: Identity) -> dict[str, str | int]:
    return {
        "name": of.name,
        "known_by": of.known_by,
        "subjects": json.dumps(of.subjects),
        "host": int(of.host),
    }


def _identity(row: sqlite3.Row) -> Identity:
    from runner.model.access.session import Identity

    return Identity(row["name"], row["known_by"], tuple(json.loads(row["subjects"])), bool(row["host"]))


def _session(row: sqlite3.Row) -> Session:
    from runner.model.access.session import Session

    created, expires, seen = (time_or_none(row[name]) for name in ("created_at", "expires_at", "seen_at"))
    assert created is not None
    assert expires is not None
    assert seen is not None
    return Session(
        digest=row["digest"],
        identity=_identity(row),
        created_at=created,
        expires_at=expires,
        seen_at=seen,
        token=row["token"],
        ended_at=time_or_none(row["ended_at"]),
    )
