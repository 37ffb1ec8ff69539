"""`driftline reject`: say no to one plan."""

import click

from runner.cli.options import Cli, output_option, pass_cli, reason_option, run_argument
from runner.cli.run_document import run_document
from runner.service.approve import reject


@click.command()
@run_argument
@reason_option("-m", "--message", "reason")
@output_option
@pass_cli
def command(cli: Cli, run_id: int, reason: str, output: str) -> None:
    """Say no to the plan of RUN. The stack then waits for a new commit, or for a plan by hand."""
    run = reject(cli.app.control, run_id, cli.person, reason)
    if output == "json":
        cli.console.json(run_document(cli.app, run))
    cli.console.say(f"{run.name} of {run.stack} is rejected by {cli.person.name}.")
