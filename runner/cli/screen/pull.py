"""Pull requests, drawn."""

from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Screen, Table
from runner.model.preview.pull_request import PullState
from runner.model.run.life import State
from runner.view import words
from runner.view.pull import PullRow, PullRows, PullStackRow
from runner.view.when import ago

MOST_OF_TITLE = 50  # characters in a list
HEADS = ("SOURCE", "REQUEST", "TITLE", "AUTHOR", "HEAD", "STATE", "STACKS", "WHEN", "REASON")
STACK_HEADS = ("STACK", "PREVIEW", "STATE", "CHANGES", "REVIEWED BY", "REASON")


def pulls_screen(rows: PullRows, now: datetime) -> Screen:
    yield Table(
        HEADS,
        [
            (
                row.source,
                row.name,
                _short(row.title) or "-",
                row.author or "-",
                row.head[:12],
                _state(row),
                str(len(row.stacks)),
                ago(row.changed_at, now),
                row.reason,
            )
            for row in rows
        ],
        empty="No open pull requests. A source previews them with   previews: {}   and forks with   previews: {forks: approved}",
    )


def pull_screen(of: PullRow, now: datetime) -> Screen:
    yield [f"pull request {of.name} of {of.source}: ", _state(of)]
    if of.title:
        yield f"{of.title}{f', by {of.author}' if of.author else ''}"
    if of.reason:
        yield of.reason
    yield f"head {of.head}{' from a fork' if of.fork else ''}, changed {ago(of.changed_at, now)}"
    if of.merged:
        yield f"previewed as {of.merged[:12]}, merged into {of.base[:12]}"
    if of.allowed_by:
        yield f"allowed by {of.allowed_by}"
    if of.stacks:
        yield Table(STACK_HEADS, [_stack(row) for row in of.stacks])
    elif of.touches_none:
        yield "It touches no stack."
    if of.beyond:
        yield Cell(of.beyond, "yellow")
    yield from of.problems
    yield from _next(of)


def _next(of: PullRow) -> Iterator[str]:
    shown = [row.run for row in of.stacks if row.run]
    if shown:
        yield f"Show a plan:   driftline run diff {shown[0]}"
    planned = [row.run for row in of.stacks if row.run and row.state is State.PLANNED]
    if of.state is PullState.OPEN and planned:
        yield f"Review it:   driftline approve {' '.join(planned)}"
    if of.hold == "fork":
        yield f"Let it be planned:   driftline pr allow {of.number} --source {of.source} --head {of.head}"


def _short(title: str) -> str:
    return title if len(title) <= MOST_OF_TITLE else f"{title[:MOST_OF_TITLE]}…"


def _state(of: PullRow) -> Cell:
    if of.state is not PullState.OPEN:
        return Cell(of.state.value, "dim")
    if of.hold is not None:
        return Cell(f"● {of.hold.in_words}", "yellow")
    if of.failed or of.problems or of.unplanned:
        return Cell("✗ fails", "red")
    return Cell("planning", "cyan") if of.planning else Cell("✔ previewed", "green")


def _stack(of: PullStackRow) -> tuple[str | Cell, ...]:
    if of.run is None or of.state is None:
        return (of.stack, "-", Cell("not planned", "yellow"), "-", "-", of.problem)
    changes = words.counts(of.summary) if of.summary else "-"
    reviewed = ", ".join(of.reviewed_by) or "-"
    return (of.stack, of.run, cells.state_of(of.state), changes, reviewed, of.reason)
