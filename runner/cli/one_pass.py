"""What one pass of the daemon came to: for people, as JSON, and as an exit code."""

from collections.abc import Sequence
from typing import Any

from runner.cli import shapes
from runner.cli.attention import Need
from runner.cli.commands.status import Picture, look, need_line
from runner.cli.options import Cli
from runner.cli.screen import cells
from runner.model.run.life import Run
from runner.view import words
from runner.view.document import document as document_of

FINE, FAILED, DRIFTED = 0, 1, 2


def exit_code(picture: Picture, *, acknowledged: bool) -> int:
    """Of the state that the pass left, not of what it happened to do: the next pass over the same state says the same."""
    if any(need.failure for need in picture.needs):
        return FAILED
    told = any(report.is_reported(picture.now) for report in picture.reports)
    return DRIFTED if told or (acknowledged and _acknowledged(picture)) else FINE


def _acknowledged(picture: Picture) -> list[str]:
    return [report.name for report in picture.reports if report.acknowledged(picture.now)]


def tell(cli: Cli, ended: Sequence[Run], output: str, *, acknowledged: bool) -> int:
    """Show the runs that ended in the pass, and what needs somebody now; the exit code."""
    picture = look(cli)
    code = exit_code(picture, acknowledged=acknowledged)
    if output == "json":
        cli.console.json(document(picture, ended, code))
        return code
    cli.console.table(
        ("RUN", "STACK", "KIND", "STATE", "CHANGES", "REASON"),
        [
            (run.name, run.stack, run.kind.value, cells.state(run), words.changes(run), run.reason)
            for run in ended
        ],
        empty="Nothing to do.",
    )
    _tell_needs(cli, picture.needs)
    return code


def _tell_needs(cli: Cli, needs: Sequence[Need]) -> None:
    """What went wrong comes first: it is what the exit code speaks of."""
    pressing = sorted(needs, key=lambda need: not need.failure)
    cli.console.say(*map(need_line, pressing))
    if pressing:
        cli.console.hint(pressing[0].command)


def document(picture: Picture, ended: Sequence[Run], code: int) -> dict[str, Any]:
    return {
        "exit_code": code,
        "runs": [shapes.run(run) for run in ended],
        "needs": [need.document() for need in picture.needs],
        "sources": [document_of(source) for source in picture.sources],
        "drift": {
            "open": [report.name for report in picture.reports if report.is_reported(picture.now)],
            "acknowledged": _acknowledged(picture),
        },
    }
