"""`driftline engine`: the engines that are installed."""

import click

from runner.api.engines import list_engines
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.engine import engines_screen


@click.group()
def command() -> None:
    """List the installed engines."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List every named program with its version and the stacks that get it, or why it is refused."""
    cli.begin_to_list()
    cli.present(output, cli.call(list_engines), engines_screen)
