"""`driftline doctor`: what is well, what is not, and how to mend it."""

import click

from runner.cli.options import Cli, output_option, pass_cli
from runner.cli.screen.output import Cell, Console
from runner.doctor.checks import examine
from runner.doctor.finding import Finding, State

_SHOWN: dict[State, Cell] = {
    State.OK: Cell("✔ ok  ", "green"),
    State.WARN: Cell("! warn", "yellow"),
    State.FAIL: Cell("✗ fail", "red"),
}
_NAME = 12


@click.command()
@click.option("--deep", is_flag=True, help="Also try to assume the AWS roles that stacks use.")
@output_option
@pass_cli
def command(cli: Cli, deep: bool, output: str) -> int:
    """Check this installation and show how to fix each problem. Exits with 1 if a check fails."""
    findings: list[Finding] = []
    for finding in examine(cli.config, deep=deep):
        findings.append(finding)
        if output == "table":
            _print(cli.console, finding)
    if output == "json":
        cli.console.json([_plain(finding) for finding in findings])
    else:
        cli.console.say(_sum(findings))
    return 1 if any(finding.state is State.FAIL for finding in findings) else 0


def _print(console: Console, finding: Finding) -> None:
    """Each as soon as it is known: a remote that does not answer takes its time."""
    first, *more = finding.message.splitlines() or [""]
    console.data([_SHOWN[finding.state], f"  {finding.check:<{_NAME}}  {first}"])
    indent = " " * (_NAME + 10)
    console.data(*(f"{indent}{line}" for line in more))
    for line in finding.hint.splitlines():
        console.data([Cell(f"{indent}hint: ", "dim"), line])


def _plain(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "state": finding.state.value,
        "message": finding.message,
        "hint": finding.hint,
    }


def _sum(findings: list[Finding]) -> str:
    count = {state: sum(finding.state is state for finding in findings) for state in State}
    return f"{count[State.OK]} ok, {count[State.WARN]} warnings, {count[State.FAIL]} failures"
