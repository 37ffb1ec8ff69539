"""`driftline reject`: say no to plans."""

import sys
from collections.abc import Sequence

import click

from runner.api.approvals import reject_run
from runner.api.runs import show_progress
from runner.cli.commands.approve_several import waiting
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, labels_option, output_option, reason_option, runs_argument, yes_option
from runner.cli.screen.run import rejected_screen
from runner.cli.several import Tally, agreed, refuse_unclear, these
from runner.view.run import RunRow
from runner.view.run_page import RunPage


@click.command()
@runs_argument
@labels_option("All runs awaiting approval whose stack has this label. Repeat to require several labels.")
@reason_option()
@yes_option
@output_option
@pass_cli
def command(cli: Cli, runs: tuple[int, ...], labels: Labels, reason: str, yes: bool, output: str) -> int:
    """Reject the plan of each RUN. The stack is planned again after a new commit, or on request.

    Rejecting changes no infrastructure and always needs a reason, so it needs no --yes without a terminal.
    """
    refuse_unclear(runs, labels, what="runs")
    wanted = list(dict.fromkeys(runs)) or waiting(cli, labels)
    if not wanted:
        cli.console.say("No runs of stacks with this label await approval.")
        return 0
    several = bool(labels) or len(wanted) > 1
    tally = Tally(cli.console)
    shown = _shown(cli, wanted, tally)
    if several and shown and output == "table":
        _ask(cli, shown, yes=yes)
    pages: list[RunPage] = []
    for run in shown:
        with tally.each():
            done = cli.call(reject_run, run.number, reason=reason, seen=run.state if several else None)
            pages.append(done.run)
            cli.console.say(f"{done.by} rejected {run.id} of {run.stack}.")
    if several:
        cli.present(output, tuple(pages))
    elif pages:
        cli.present(output, pages[0])
    return tally.worst


def _shown(cli: Cli, wanted: Sequence[int], tally: Tally) -> list[RunRow]:
    found: list[RunRow] = []
    for run_id in wanted:
        with tally.each():
            found += [look.run for look in cli.call(show_progress, runs=(run_id,))]
    return found


def _ask(cli: Cli, runs: Sequence[RunRow], *, yes: bool) -> None:
    cli.present("table", tuple(runs), rejected_screen)
    if sys.stdin.isatty() and not yes:
        agreed(f"reject {these(len(runs), 'plan')}", wish="rejected")
