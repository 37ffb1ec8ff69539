"""`driftline pool`: pools of workers, and taking one out of work."""

import click

from runner.api.pools import drain_pool, list_pools, resume_pool
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, reason_option
from runner.cli.screen.pool import pool_screen


@click.group()
def command() -> None:
    """List pools of workers, drain and resume them."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List pools with what they execute and what waits."""
    cli.begin_to_list()
    page = cli.call(list_pools)
    cli.present(output, page, lambda page: pool_screen(page, cli.now))


@command.command()
@click.argument("pool")
@reason_option()
@pass_cli
def drain(cli: Cli, pool: str, reason: str) -> None:
    """Offer no runs to POOL until it is resumed. Runs that it executes continue."""
    cli.call(drain_pool, pool, reason=reason)
    cli.console.say(f"Drained {pool}: no new run is offered to it.")
    cli.console.hint(f"driftline pool resume {pool}")


@command.command()
@click.argument("pool")
@pass_cli
def resume(cli: Cli, pool: str) -> None:
    """Offer runs to POOL again."""
    cli.call(resume_pool, pool)
    cli.console.say(f"Resumed {pool}.")
