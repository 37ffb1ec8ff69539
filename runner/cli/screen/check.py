"""What came of drift checks, drawn."""

from runner.cli.screen.output import Cell, Screen, Table
from runner.view.check import CheckedRow, CheckPage

HEADS = ("STACK", "RESULT", "REPORT", "TIME", "REASON")
_RESULTS: dict[str, Cell] = {
    "clean": Cell("✔ clean", "green"),
    "drifted": Cell("● drifted", "yellow"),
    "acknowledged": Cell("○ acknowledged", "dim"),
    "error": Cell("✗ error", "red"),
    "skipped": Cell("○ skipped", "dim"),
}


def check_screen(of: CheckPage) -> Screen:
    yield Table(
        HEADS,
        [_row(row) for row in of.stacks],
        empty="No applied stacks to check. Apply one with:   driftline plan STACK",
    )


def _row(of: CheckedRow) -> tuple[str | Cell, ...]:
    result = _RESULTS["acknowledged" if of.acknowledged else of.result]
    return of.stack, result, of.report or "-", f"{of.seconds:.1f} s", of.reason
