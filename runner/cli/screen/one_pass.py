"""What one pass of the daemon came to, drawn."""

from collections.abc import Sequence

from runner.cli.screen import cells
from runner.cli.screen.needs import need_line
from runner.cli.screen.output import Console, Screen, Table
from runner.view import words
from runner.view.need import Need
from runner.view.one_pass import PassPage

HEADS = ("RUN", "STACK", "KIND", "STATE", "CHANGES", "REASON")


def pass_screen(page: PassPage) -> Screen:
    rows = [
        (run.id, run.stack, run.kind.value, cells.state(run), words.changes(run), run.note)
        for run in page.runs
    ]
    yield Table(HEADS, rows, empty="Nothing to do.")


def say_needs(console: Console, needs: Sequence[Need]) -> None:
    """Failures come first: the exit code speaks of them."""
    pressing = sorted(needs, key=lambda need: not need.failure)
    console.say(*map(need_line, pressing))
    if pressing:
        console.hint(pressing[0].command)
