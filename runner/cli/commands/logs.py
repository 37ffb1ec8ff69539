"""`driftline logs`: the log of a run, printed or followed."""

import time

import click

from runner.cli.options import Cli, pass_cli, run_argument
from runner.cli.screen.progress import LOOK_SECONDS, LogTail
from runner.model.run.life import Run, State
from runner.view.objections import goes_on, objections_to


@click.command()
@run_argument
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the run needs a person or ends.")
@pass_cli
def command(cli: Cli, run_id: int, follow: bool) -> None:
    """Print the log of RUN."""
    tail = LogTail(cli.app.workspaces.log(run_id))
    said = False
    while True:
        run = _run(cli, run_id)
        over = not follow or run.final or run.state is State.AWAITING_APPROVAL
        lines = list(tail.lines(last=over))
        said = said or bool(lines)
        cli.console.data(*lines)
        if over:
            break
        time.sleep(LOOK_SECONDS)
    if not said:
        cli.console.say(f"{run.name} has no log ({_why(run)}).")
    cli.console.say(
        f"{run.name} of {run.stack} is {run.state.in_words}{f': {run.reason}' if run.reason else ''}"
    )
    if run.state is State.AWAITING_APPROVAL:
        with cli.app.store.reading() as reader:
            answer = goes_on(run, objections_to(cli.app.settings, cli.app.clock, reader, run))
        cli.console.hint(f'{answer}   or   driftline reject {run.name} -m "..."')


def _run(cli: Cli, run_id: int) -> Run:
    with cli.app.store.reading() as reader:
        return reader.run(run_id)


def _why(run: Run) -> str:
    if run.state is State.QUEUED:
        return "it has not started"
    return "retention removed it, or the run wrote nothing" if run.final else "nothing written yet"
