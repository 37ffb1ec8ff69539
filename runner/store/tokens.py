"""API tokens. Secrets are not here: only their digests."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from runner.errors import NotFound, TokenExists
from runner.store.audit import Writes
from runner.store.rows import text, text_or_none, time_or_none
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.access.token import Token


class TokenReads(Session):
    def tokens(self) -> list[Token]:
        return [_token(row) for row in self._all("SELECT * FROM tokens ORDER BY name, created_at")]

    def token(self, digest: str) -> Token | None:
        row = self._one("SELECT * FROM tokens WHERE digest = ?", digest)
        return None if row is None else _token(row)


class TokenWrites(TokenReads, Writes):
    def add_token(self, token: Token) -> None:
        if self._valid(token.name):
            raise TokenExists(name=token.name)
        self._insert(
            "tokens",
            {
                "digest": token.digest,
                "name": token.name,
                "created_at": text(token.created_at),
                "created_by": token.created_by,
                "expires_at": text_or_none(token.expires_at),
            },
        )
        self.audit_note(
            token.created_by, "token.create", token.name, {"expires_at": text_or_none(token.expires_at)}
        )

    def revoke_token(self, name: str, *, by: str) -> None:
        if not (valid := self._valid(name)):
            raise NotFound(what="token", name=name, hint="driftline token list")
        for one in valid:
            self._do("UPDATE tokens SET revoked_at = ? WHERE digest = ?", text(self._now), one.digest)
        self.audit_note(by, "token.revoke", name, {})

    def note_use(self, digest: str, at: datetime) -> None:
        self._do("UPDATE tokens SET used_at = ? WHERE digest = ?", text(at), digest)

    def _valid(self, name: str) -> list[Token]:
        named = map(_token, self._all("SELECT * FROM tokens WHERE name = ?", name))
        return [one for one in named if one.valid(self._now)]


def _token(row: sqlite3.Row) -> Token:
    from runner.model.access.token import Token

    created = time_or_none(row["created_at"])
    assert created is not None
    return Token(
        name=row["name"],
        digest=row["digest"],
        created_at=created,
        created_by=row["created_by"],
        expires_at=time_or_none(row["expires_at"]),
        revoked_at=time_or_none(row["revoked_at"]),
        used_at=time_or_none(row["used_at"]),
    )
