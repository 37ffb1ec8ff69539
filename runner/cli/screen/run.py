"""Runs, drawn."""

from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Screen, Table
from runner.view import words
from runner.view.run import RunRow, RunRows
from runner.view.when import ago

HEADS = ("RUN", "STACK", "KIND", "STATE", "CHANGES", "REVISION", "WHEN", "REASON")


def run_screen(rows: RunRows, now: datetime) -> Screen:
    yield Table(
        HEADS, [_row(row, now) for row in rows], empty="No runs found. Start one with:   driftline plan STACK"
    )


def _row(of: RunRow, now: datetime) -> tuple[str | Cell, ...]:
    return (
        of.id,
        of.stack,
        of.kind.value,
        cells.state(of),
        words.changes(of),
        of.revision[:7],
        ago(of.changed_at, now),
        of.note,
    )


def state_screen(of: RunRow) -> Screen:
    """How it stands, in one line."""
    yield [f"{of.id} of {of.stack}: ", cells.state(of)]


def chosen_screen(rows: RunRows) -> Screen:
    """Those about which somebody is asked one question."""
    cells_of = [(row.id, row.stack, cells.state(row), words.counts(row.summary)) for row in rows]
    yield Table(("RUN", "STACK", "STATE", "CHANGES"), cells_of)
