"""`driftline session`: who is logged in through the web server."""

import click

from runner.api.sessions import end_sessions, list_sessions
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.session import session_screen
from runner.view.words import counted


@click.group()
def command() -> None:
    """List who is logged in, and end their sessions."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List sessions of browsers and of command lines elsewhere."""
    cli.present(output, cli.call(list_sessions), lambda rows: session_screen(rows, cli.now))


@command.command()
@click.argument("name")
@pass_cli
def end(cli: Cli, name: str) -> None:
    """End every session of the person NAME at once."""
    done = cli.call(end_sessions, name)
    cli.console.say(f"Ended {counted(done.ended, 'session')} of {name}.")
