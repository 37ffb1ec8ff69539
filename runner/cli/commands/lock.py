"""`driftline lock`: who holds a stack or its state, and taking, releasing or freeing it by hand."""

import click

from runner.cli.options import Cli, output_option, pass_cli, reason_option, stack_argument
from runner.cli.screen.asking import ask
from runner.cli.screen.lock import lock_screen
from runner.service.operator import lock
from runner.view.lock import lock_rows


@click.group()
def command() -> None:
    """Locks: the right to touch a stack, held by runs and by people."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """Who holds which stack, and why; and runs that wait since somebody else holds their state."""
    cli.to_list()
    now = cli.app.clock.now()
    with cli.app.store.reading() as reader:
        rows = lock_rows(reader, now)
    cli.present(output, rows, lambda rows: lock_screen(rows, now))


@command.command()
@stack_argument
@reason_option()
@pass_cli
def take(cli: Cli, stack: str, reason: str) -> None:
    """Keep everybody from planning and applying STACK; drift checks go on."""
    lock.take(cli.app.control, stack, cli.person, reason)
    cli.console.say(f"{stack} is locked by {cli.person.name}.")
    cli.console.hint(f'driftline lock release {stack} --reason "..."')


@command.command()
@stack_argument
@reason_option()
@pass_cli
def release(cli: Cli, stack: str, reason: str) -> None:
    """Release STACK's lock, whoever holds it."""
    held = lock.release(cli.app.control, stack, cli.person, reason)
    cli.console.say(f"{stack} is free; it was held by {held.holder}: {held.reason}")


@command.command("force-unlock")
@stack_argument
@reason_option()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_cli
def force_unlock(cli: Cli, stack: str, reason: str, yes: bool) -> None:
    """Free terraform's lock on the state of STACK, if a dead run of Driftline has left it; never anybody else's."""
    from runner.service.operator.unlock import free, offer

    worker = cli.app.worker
    offered = offer(cli.app.control, worker.ask, stack)
    run, lock = offered.run, offered.lock
    cli.console.say(f"The state of {stack} is held by {lock}.", f"{run.name} left it behind: {run.reason}")
    if not yes:
        ask("Free it?", wish="unlocked")
    free(cli.app.control, worker.ask, offered, cli.person, reason)
    cli.console.say(f"The state of {stack} is free.")
    cli.console.hint(f"driftline run show {run.name}")
