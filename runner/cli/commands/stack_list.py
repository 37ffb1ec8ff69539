"""`driftline stack list`: how all stacks are."""

import click

from runner.api.stack_list import list_stacks
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, labels_option, output_option
from runner.cli.screen.stack import stack_list_screen


@click.command("list")
@labels_option("Show only stacks with this label. Repeat to require several labels.")
@output_option
@pass_cli
def list_(cli: Cli, labels: Labels, output: str) -> None:
    """List stacks with their sync, drift and health status."""
    cli.begin_to_list()
    rows = cli.call(list_stacks, label=tuple(map("=".join, labels)))
    empty = (
        "No stacks have these labels." if labels else "No stacks yet. Find them with:   driftline source sync"
    )
    cli.present(output, rows, lambda rows: stack_list_screen(rows, cli.now, empty=empty))
