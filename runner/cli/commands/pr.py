"""`driftline pr`: what pull requests would do."""

import click

from runner.api.pulls import allow_pull, list_pulls, show_pull
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.pull import pull_screen, pulls_screen

_source = click.option("--source", shell_complete=suggest.sources, help="Pull requests of this source only.")


@click.group()
def command() -> None:
    """List and show pull requests, and let a fork be planned."""


@command.command("list")
@_source
@click.option("--all", "ended", is_flag=True, help="Also those that were merged or closed.")
@output_option
@pass_cli
def list_(cli: Cli, source: str | None, ended: bool, output: str) -> None:
    """List open pull requests and how their previews stand."""
    cli.begin_to_list()
    rows = cli.call(list_pulls, source=source, ended=ended)
    cli.present(output, rows, lambda found: pulls_screen(found, cli.now))


@command.command()
@click.argument("number", type=int)
@_source
@output_option
@pass_cli
def show(cli: Cli, number: int, source: str | None, output: str) -> None:
    """Show a pull request: the stacks that it touches, and what merging it would do to them."""
    cli.begin_to_list()
    cli.present(output, cli.call(show_pull, number, source=source), lambda row: pull_screen(row, cli.now))


@command.command()
@click.argument("number", type=int)
@click.option("--head", required=True, help="The revision that you have read.")
@_source
@pass_cli
def allow(cli: Cli, number: int, head: str, source: str | None) -> None:
    """Let this head of a fork be planned, which runs its code with the plan role."""
    cli.begin_installation()
    row = cli.call(allow_pull, number, head=head, source=source)
    cli.console.say(f"pull request {row.name} of {row.source} is planned at {row.head[:12]}")
