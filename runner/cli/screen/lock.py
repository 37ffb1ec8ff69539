"""Locks, drawn."""

from datetime import datetime

from runner.cli.screen.output import Screen, Table
from runner.view.lock import LockRow, LockRows
from runner.view.when import ago, ahead

HEADS = ("STACK", "HOLDER", "SINCE", "PROCESS", "REASON")


def lock_screen(rows: LockRows, now: datetime) -> Screen:
    yield Table(
        HEADS, [_row(row, now) for row in rows], empty="No locks. Take one with:   driftline lock take STACK"
    )


def _row(of: LockRow, now: datetime) -> tuple[str, ...]:
    if of.tried_again_at is not None:
        retry = f"{of.reason}; {of.run} tries again {ahead(of.tried_again_at, now)}"
        return of.stack, of.holder, "-", "-", retry
    return of.stack, of.holder, ago(of.since, now), of.process or "-", of.reason
