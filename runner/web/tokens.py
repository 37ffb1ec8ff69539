"""Tokens that come with requests."""

from datetime import datetime

from runner.model.access.token import Token, digest_of
from runner.ports.records.store import Store


def known_token(store: Store, secret: str, now: datetime) -> Token | None:
    """The token with this secret, while it is valid."""
    with store.reading() as reader:
        token = reader.token(digest_of(secret))
    return token if token is not None and token.valid(now) else None
