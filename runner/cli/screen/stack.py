"""Stacks in a list, drawn."""

from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Screen, Table
from runner.view.stack import StackRow, StackRows

HEADS = ("STACK", "SYNC", "DRIFT", "HEALTH", "REVISION", "LAST RUN", "NEXT CHECK", "NOTE")


def stack_list_screen(rows: StackRows, now: datetime, *, empty: str) -> Screen:
    yield Table(HEADS, [_row(row, now) for row in rows], empty=empty)


def _row(of: StackRow, now: datetime) -> list[Cell | str]:
    known = of.path is not None
    return [
        of.name,
        cells.sync(of.sync, of.applied_revision) if known else "-",
        cells.drift(of) if known else "-",
        cells.HEALTH[of.health],
        of.at,
        cells.last_run(of.last, now),
        cells.next_check(of, now),
        of.note,
    ]
