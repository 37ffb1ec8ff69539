"""`driftline status`: one screen that says whether somebody is needed."""

import click

from runner.api.status import show_status
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.status import status_screen


@click.command()
@output_option
@pass_cli
def command(cli: Cli, output: str) -> None:
    """Show on one screen what needs you, what is running, what drifted, the next check, and the daemon."""
    cli.present(output, cli.call(show_status), lambda page: status_screen(page, cli.now))
