"""`driftline source`: what is polled, poll now, try whether it can be."""

import click

from runner.api.sources import check_source, list_sources, show_head, sync_sources
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.screen.poll import poll_screen
from runner.cli.screen.source import source_screen
from runner.cli.screen.source_check import source_check_screen


@click.group()
def command() -> None:
    """List, sync and check sources."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List sources with the result of their last poll."""
    cli.begin_to_list()
    cli.present(output, cli.call(list_sources), lambda rows: source_screen(rows, cli.now))


@command.command()
@click.argument("source", required=False, shell_complete=suggest.sources)
@output_option
@pass_cli
def sync(cli: Cli, source: str | None, output: str) -> int:
    """Poll now, re-read every stack file and report what changed. Exits with 1 if a source cannot be reached."""
    cli.begin_installation()
    rows = cli.call(sync_sources, source=source)
    cli.present(output, rows, poll_screen)
    return 1 if any(row.problem for row in rows) else 0


@command.command()
@click.argument("source", shell_complete=suggest.sources)
@pass_cli
def check(cli: Cli, source: str) -> int:
    """Read the stack files at the head of the remote without recording anything. Exits with 1 if a stack file is broken.

    If commits must be signed, their signatures are verified too. Exits with 6 if a commit is not trusted.
    """
    cli.begin_installation()
    head = cli.call(show_head, source)
    cli.console.say(f"{head.branch} is at {head.revision}")
    found = cli.call(check_source, source, revision=head.revision)
    for one in found.signatures:
        cli.console.say(f"{one.revision[:12]} is signed by {one.signer} ({one.key})")
    cli.present("table", found, source_check_screen)
    return 1 if found.problems else 0
