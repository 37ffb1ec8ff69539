"""What came of polling sources, drawn."""

from runner.cli.screen.output import Cell, Screen
from runner.view.poll import PollRow, PollRows
from runner.view.words import counted


def poll_screen(rows: PollRows) -> Screen:
    for row in rows:
        yield _polled(row)
        yield from (f"  {problem}" for problem in row.problems + row.notes)


def _polled(of: PollRow) -> Cell | str:
    if of.refused:
        return Cell(f"{of.source}: refused: {of.problem}", "red")
    if of.problem:
        return Cell(f"{of.source}: failed: {of.problem}", "red")
    at = (of.revision or "")[:12]
    if not of.moved:
        return f"{of.source}: {of.branch} is still at {at}"
    rewritten = f", rewritten (was {of.rewritten_from[:12]})" if of.rewritten_from else ""
    return Cell(f"{of.source}: {of.branch} moved to {at}{rewritten}, {counted(of.stacks, 'stack')}", "cyan")
