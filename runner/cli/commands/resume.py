"""`driftline resume`: go on with paused stacks."""

import click

from runner.api.pauses import Resumed, resume_stack
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, labels_option, stacks_argument, yes_option
from runner.cli.several import Tally, ask_once, chosen


@click.command("resume")
@stacks_argument(required=False)
@labels_option("All paused stacks with this label. Repeat to require several labels.")
@yes_option
@pass_cli
def command(cli: Cli, stacks: tuple[str, ...], labels: Labels, yes: bool) -> int:
    """Resume planning and checking paused stacks."""
    rows = [row for row in chosen(cli, stacks, labels) if stacks or row.pause is not None]
    if not rows:
        cli.console.say("No paused stacks have this label.")
        return 0
    if labels or len(rows) > 1:
        ask_once(cli.console, rows, "resume", wish="resumed", yes=yes)
    tally = Tally(cli.console)
    for row in rows:
        with tally.each():
            cli.console.say(_sentence(cli.call(resume_stack, row.name)))
    return tally.worst


def _sentence(of: Resumed) -> str:
    if of.stays_paused:
        return f"{of.stack} stays paused: its definition in Git says paused: true."
    return f"{of.stack} resumed."
