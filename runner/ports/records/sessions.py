"""Sessions of browsers, and the codes that begin them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.access.session import Identity, LoginCode, Session


class SessionReader(Protocol):
    def session(self, digest: str) -> Session | None: ...
    def sessions(self) -> list[Session]:
        """Those that have not ended, nor the token that they began with."""
        ...


class SessionWriter(SessionReader, Protocol):
    def add_session(self, session: Session, *, address: str) -> None:
        """Audited as a login from this address; sessions that are over are forgotten."""
        ...

    def note_session(self, digest: str, at: datetime) -> None:
        """It was used."""
        ...

    def end_session(self, digest: str) -> None:
        """Log out."""
        ...

    def end_sessions(self, name: str, *, by: str) -> int:
        """Log a person out everywhere; NotFound if they are logged in nowhere."""
        ...

    def add_login_code(self, code: LoginCode) -> None: ...
    def take_login_code(self, digest: str) -> Identity | None:
        """Who the code is for, the first time and while it is valid."""
        ...
