"""Sources, drawn."""

from datetime import datetime

from runner.cli.screen.output import Cell, Screen, Table
from runner.view.source import SourceRow, SourceRows
from runner.view.when import ago, ahead
from runner.view.words import counted

HEADS = ("SOURCE", "BRANCH", "HEAD", "POLLED", "NEXT POLL", "STACKS", "STATE")


def source_screen(rows: SourceRows, now: datetime) -> Screen:
    yield Table(
        HEADS,
        [
            (
                row.name,
                row.branch or "-",
                (row.revision or "-")[:12],
                ago(row.polled_at, now),
                _next(row, now),
                str(row.stacks),
                _state(row),
            )
            for row in rows
        ],
        empty="No sources. Add one under sources: in the configuration.",
    )
    for row in rows:
        yield from (f"{row.name}: {remark}" for remark in row.remarks)


def _next(of: SourceRow, now: datetime) -> str:
    if of.next_poll is None:
        return "-"
    return ", ".join(filter(None, (ahead(of.next_poll, now), of.poll_reason)))


def _state(of: SourceRow) -> Cell:
    if not of.configured:
        return Cell("no longer configured", "dim")
    if of.problem:
        return Cell("✗ refused" if of.is_refused else "✗ failed", "red")
    if of.problems:
        return Cell(f"● {counted(len(of.problems), 'problem')}", "yellow")
    return Cell("✔ ok", "green") if of.polled_at else Cell("not polled yet", "dim")
