"""Sessions, drawn."""

from collections.abc import Sequence
from datetime import datetime

from runner.api.sessions import SessionRow
from runner.cli.screen.output import Screen, Table
from runner.view.when import ago, ahead

HEADS = ("NAME", "KNOWN BY", "BEGAN", "EXPIRES", "LAST SEEN", "SUBJECTS")


def session_screen(rows: Sequence[SessionRow], now: datetime) -> Screen:
    yield Table(HEADS, [_row(row, now) for row in rows], empty="Nobody is logged in.")


def _row(of: SessionRow, now: datetime) -> tuple[str, ...]:
    return (
        of.name,
        of.known_by,
        ago(of.created_at, now),
        ahead(of.expires_at, now),
        ago(of.seen_at, now),
        " ".join(of.subjects),
    )
