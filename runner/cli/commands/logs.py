"""`driftline logs`: the log of a run, printed or followed."""

import time

import click

from runner.api.approvals import show_next_step
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import run_argument
from runner.cli.tail import LogTail
from runner.model.run.life import State
from runner.view.run import RunRow

FOLLOW_SECONDS = 0.1


@click.command()
@run_argument
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the run needs a person or ends.")
@pass_cli
def command(cli: Cli, run_id: int, follow: bool) -> None:
    """Print the log of RUN."""
    tail = LogTail(cli, run_id)
    said = False
    while True:
        part, lines = tail.look(last=not follow)
        said = said or bool(lines)
        cli.console.data(*lines)
        if part.over or (part.end and not follow):
            break
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
