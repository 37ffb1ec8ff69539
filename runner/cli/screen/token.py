"""Tokens, drawn."""

from collections.abc import Sequence
from datetime import datetime

from runner.api.tokens import TokenRow
from runner.cli.screen.output import Screen, Table
from runner.model.access.token import Validity
from runner.view.when import ago, ahead

HEADS = ("TOKEN", "CREATED", "BY", "EXPIRES", "LAST USED")


def token_screen(rows: Sequence[TokenRow], now: datetime) -> Screen:
    yield Table(
        HEADS,
        [_row(row, now) for row in rows],
        empty="No tokens. Create one with:   driftline token create NAME",
    )


def _row(of: TokenRow, now: datetime) -> tuple[str, ...]:
    return (
        of.name,
        ago(of.created_at, now),
        of.created_by,
        _end(of, now),
        ago(of.used_at, now) if of.used_at else "-",
    )


def _end(of: TokenRow, now: datetime) -> str:
    if of.revoked_at is not None:
        return f"revoked {ago(of.revoked_at, now)}"
    if of.expires_at is None:
        return "never"
    return f"expired {ago(of.expires_at, now)}" if of.state is Validity.EXPIRED else ahead(of.expires_at, now)
