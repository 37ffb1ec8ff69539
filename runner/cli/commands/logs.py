"""`driftline logs`: the log of a run, printed or followed."""

import time

import click

from runner.api.approvals import show_next_step
from runner.api.stacks import show_stack
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import run_argument
from runner.cli.tail import LogTail
from runner.model.run.life import State
from runner.view.run import RunRow

FOLLOW_SECONDS = 0.1
# So often nothing new, before an approved run is said to wait: a daemon begins sooner.
SILENT_LOOKS = 30


@click.command()
@run_argument
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the run needs a person or ends.")
@pass_cli
def command(cli: Cli, run_id: int, follow: bool) -> None:
    """Print the log of RUN."""
    tail = LogTail(cli, run_id)
    said = False
    silent = 0
    while True:
        part, lines = tail.look(last=not follow)
        said = said or bool(lines)
        cli.console.data(*lines)
        if part.over or (part.end and not follow):
            break
        silent = 0 if lines else silent + 1
        if silent == SILENT_LOOKS and part.run.state is State.APPROVED:
            reason = cli.call(show_stack, part.run.stack).reason
            cli.console.say(f"{part.run.id} of {part.run.stack} is approved and not applied yet: {reason}")
        if part.end:
            time.sleep(FOLLOW_SECONDS)
    run = part.run
    if not said:
        cli.console.say(f"{run.id} has no log ({_why(run)}).")
    cli.console.say(
        f"{run.id} of {run.stack} is {run.state.in_words}{f': {run.reason}' if run.reason else ''}"
    )
    if run.state is State.AWAITING_APPROVAL:
        answer = cli.call(show_next_step, run_id).command
        cli.console.hint(f'{answer}   or   driftline reject {run.id} -m "..."')


def _why(run: RunRow) -> str:
    if run.state is State.QUEUED:
        return "it has not started"
    return "retention removed it, or the run wrote nothing" if run.final else "nothing written yet"
