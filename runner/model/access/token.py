"""API tokens: a name, and the SHA-256 of a secret that is shown once."""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum

from runner.model.values.frozen import dataclass

PREFIX = "drift_"  # so that scanners for leaked secrets can find one
BYTES = 32
_SUBJECT = "token:"


class Validity(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Token:
    name: str
    digest: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None  # to the hour

    def valid(self, now: datetime) -> bool:
        return self.validity(now) is Validity.VALID

    def validity(self, now: datetime) -> Validity:
        if self.revoked_at is not None:
            return Validity.REVOKED
        expired = self.expires_at is not None and self.expires_at <= now
        return Validity.EXPIRED if expired else Validity.VALID


def token_subject(name: str) -> str:
    """As bindings name it."""
    return f"{_SUBJECT}{name}"


def is_token(subject: str) -> bool:
    return subject.startswith(_SUBJECT)


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(BYTES)


def digest_of(secret: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
