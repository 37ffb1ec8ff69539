"""The history of changes, drawn."""

from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Screen, Table
from runner.view import words
from runner.view.history import HistoryRow, HistoryRows
from runner.view.when import shown

HEADS = ("RUN", "STACK", "STATE", "CHANGES", "REVISION", "WHEN", "BY", "APPROVED BY", "SUBJECT")


def history_screen(rows: HistoryRows, now: datetime, *, absolute: bool) -> Screen:
    yield Table(
        HEADS,
        [_row(row, now, absolute=absolute) for row in rows],
        empty="No changes found. Make one with:   driftline plan STACK",
    )


def _row(of: HistoryRow, now: datetime, *, absolute: bool) -> tuple[str | Cell, ...]:
    people = dict.fromkeys(f"{one.by} ({one.known_by})" for one in of.approvals)
    return (
        of.id,
        of.stack,
        cells.state(of),
        words.changes(of),
        of.revision[:12],
        shown(of.changed_at, now, absolute=absolute),
        of.requested_by,
        ", ".join((*people, *of.healed_by)) or "-",
        of.subject,
    )
