"""What a check of the installation found, drawn."""

from collections.abc import Sequence

from runner.cli.screen.output import Cell, Screen
from runner.view.finding import Finding, State
from runner.view.words import counted

_SHOWN: dict[State, Cell] = {
    State.OK: Cell("✔ ok  ", "green"),
    State.WARN: Cell("! warn", "yellow"),
    State.FAIL: Cell("✗ fail", "red"),
}
_NAME = 12


def finding_screen(of: Finding) -> Screen:
    indent = " " * (_NAME + 10)
    first, *more = of.message.splitlines() or [""]
    yield [_SHOWN[of.state], f"  {of.check:<{_NAME}}  {first}"]
    yield from (f"{indent}{line}" for line in more)
    for line in of.hint.splitlines():
        yield [Cell(f"{indent}hint: ", "dim"), line]


def findings_sum(findings: Sequence[Finding]) -> str:
    """Such as `18 ok, 1 warning, 0 failures`."""
    count = {state: sum(finding.state is state for finding in findings) for state in State}
    return f"{count[State.OK]} ok, {counted(count[State.WARN], 'warning')}, {counted(count[State.FAIL], 'failure')}"
