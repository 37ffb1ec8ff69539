"""Tokens that come with requests."""

from datetime import datetime, timedelta

from runner.app import App
from runner.model.access.token import Token, digest_of

NOTED_EVERY = timedelta(hours=1)

BEARER = "Bearer "


def known_token(app: App, secret: str) -> Token | None:
    """The token with this secret, while it is valid. That it was used is noted, to the hour."""
    now = app.clock.now()
    with app.store.reading() as reader:
        token = reader.token(digest_of(secret))
    if token is None or not token.valid(now):
        return None
    if not app.read_only and _is_due(token, now):
        with app.store.writing() as writer:
            writer.note_use(token.digest, now)
    return token


def _is_due(token: Token, now: datetime) -> bool:
    return token.used_at is None or now - token.used_at >= NOTED_EVERY
