"""`driftline reject`: say no to plans."""

import sys
from collections.abc import Sequence

import click

from runner.cli.commands.approve_several import waiting
from runner.cli.options import (
    Cli,
    Labels,
    labels_option,
    output_option,
    pass_cli,
    reason_option,
    runs_argument,
    yes_option,
)
from runner.cli.pages import pages_of
from runner.cli.screen.run import rejected_screen
from runner.cli.several import Tally, agreed, refuse_unclear, these
from runner.model.run.life import Run
from runner.service.approval.approve import reject
from runner.view.run import run_rows


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
    rejected: list[Run] = []
    for run in shown:
        with tally.each():
            rejected.append(
                reject(cli.app.control, run.id, cli.person, reason, shown=run if several else None)
            )
            cli.console.say(f"{cli.person.name} rejected {run.name} of {run.stack}.")
    if several or rejected:
        pages = pages_of(cli.app, rejected)
        cli.present(output, pages if several else pages[0])
    return tally.worst


def _shown(cli: Cli, wanted: Sequence[int], tally: Tally) -> list[Run]:
    found: list[Run] = []
    with cli.app.store.reading() as reader:
        for run_id in wanted:
            with tally.each():
                found.append(reader.run(run_id))
    return found


def _ask(cli: Cli, runs: Sequence[Run], *, yes: bool) -> None:
    cli.present("table", run_rows(runs), rejected_screen)
    if sys.stdin.isatty() and not yes:
        agreed(f"reject {these(len(runs), 'plan')}", wish="rejected")
