"""`driftline whoami`: who you are, and what you may do."""

import click

from runner.api.me import show_me
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.me import me_screen


@click.command()
@output_option
@pass_cli
def command(cli: Cli, output: str) -> None:
    """Show who you are to Driftline, how that is known, and your roles."""
    cli.present(output, cli.call(show_me), me_screen)
