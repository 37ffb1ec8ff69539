"""Logins: who somebody is, sessions of browsers, and codes that begin one."""

import secrets
from datetime import datetime

from runner.model.access.token import Token
from runner.model.values.frozen import dataclass

BYTES = 32
CODE_PREFIX = "once_"


@dataclass(frozen=True)
class Identity:
    """A name, how it is known (`token`, `oidc`, `peer`, `link`), and the subjects that bindings may give for it."""

    name: str
    known_by: str
    subjects: tuple[str, ...]
    host: bool = False  # whoever may open the database may do everything


@dataclass(frozen=True)
class Session:
    """`digest` is that of the secret in the cookie; `token` that of the API token it began with, and ends with."""

    digest: str
    identity: Identity
    created_at: datetime
    expires_at: datetime
    seen_at: datetime  # to a few minutes
    token: str | None = None
    ended_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at

    def lives(self, token: Token | None, now: datetime) -> bool:
        """Whether it and the token that it began with are valid; `token` is that one."""
        return self.valid(now) and (self.token is None or (token is not None and token.valid(now)))


@dataclass(frozen=True)
class LoginCode:
    """Begins one session, once."""

    digest: str
    identity: Identity
    expires_at: datetime


def new_session_secret() -> str:
    return secrets.token_urlsafe(BYTES)


def new_code() -> str:
    return CODE_PREFIX + secrets.token_urlsafe(BYTES)
