"""API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.access.token import Token


class TokenReader(Protocol):
    def tokens(self) -> list[Token]:
        """All, revoked ones included, by name."""
        ...

    def token(self, digest: str) -> Token | None: ...


class TokenWriter(TokenReader, Protocol):
    def add_token(self, token: Token) -> None:
        """TokenExists if one of this name is valid."""
        ...

    def revoke_token(self, name: str, *, by: str) -> None:
        """NotFound if none of this name is valid."""
        ...

    def note_use(self, digest: str, at: datetime) -> None: ...
