"""Tokens that come with requests."""

from datetime import datetime, timedelta

from runner.app import App
from runner.errors import LoginEnded
from runner.model.access.token import Token, Validity, digest_of

NOTED_EVERY = timedelta(hours=1)

BEARER = "Bearer "


def known_token(app: App, secret: str) -> Token | None:
    """The token with this secret; LoginEnded if it is no longer valid. That it was used is noted, to the hour."""
    now = app.clock.now()
    with app.store.reading() as reader:
        token = reader.token(digest_of(secret))
    if token is None:
        return None
    refuse_ended_token(token, now)
    if not app.read_only and _is_due(token, now):
        with app.store.writing() as writer:
            writer.note_use(token.digest, now)
    return token


def refuse_ended_token(token: Token, now: datetime) -> None:
    """Only who has the secret is told."""
    validity = token.validity(now)
    if validity is Validity.VALID:
        return
    end = "was revoked" if validity is Validity.REVOKED else "expired"
    at = token.revoked_at or token.expires_at
    raise LoginEnded(
        what=f"token ({token.name})",
        end=end,
        at=minute(at),
        hint=f"ask for a new one, by   driftline token create {token.name}",
    )


def minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "some time"


def _is_due(token: Token, now: datetime) -> bool:
    return token.used_at is None or now - token.used_at >= NOTED_EVERY
