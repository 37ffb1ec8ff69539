"""`driftline lock`: who holds a stack, and taking or releasing it by hand."""

import click

from runner.cli import shapes
from runner.cli.options import Cli, output_option, pass_cli, reason_option, stack_argument
from runner.cli.when import ago
from runner.service import hold


@click.group()
def command() -> None:
    """Locks: the right to touch a stack, held by runs and by people."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """Who holds which stack, and why."""
    with cli.app.store.reading() as reader:
        locks = reader.locks()
    if output == "json":
        cli.console.json([shapes.lock(lock) for lock in locks])
        return
    now = cli.app.clock.now()
    cli.console.table(
        ("STACK", "HOLDER", "SINCE", "PROCESS", "REASON"),
        [(lock.stack, lock.holder, ago(lock.since, now), lock.process or "-", lock.reason) for lock in locks],
    )


@command.command()
@stack_argument
@reason_option("-m", "--reason")
@pass_cli
def take(cli: Cli, stack: str, reason: str) -> None:
    """Keep everybody from planning and applying STACK; drift checks go on."""
    hold.take(cli.app.control, stack, cli.person, reason)
    cli.console.say(f"{stack} is locked by {cli.person.name}.")
    cli.console.hint(f'driftline lock release {stack} --reason "..."')


@command.command()
@stack_argument
@reason_option("-m", "--reason")
@pass_cli
def release(cli: Cli, stack: str, reason: str) -> None:
    """Free STACK, whoever holds it."""
    held = hold.release(cli.app.control, stack, cli.person, reason)
    cli.console.say(f"{stack} is free; it was held by {held.holder}: {held.reason}")
