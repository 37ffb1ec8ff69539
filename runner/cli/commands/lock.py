"""`driftline lock`: who holds a stack or its state, and taking, releasing or freeing it by hand."""

import click

from runner.api.locks import list_locks, release_lock, take_lock
from runner.api.states import force_unlock as force_unlock_state
from runner.api.states import show_left_lock
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, reason_option, stack_argument, yes_option
from runner.cli.screen.asking import ask
from runner.cli.screen.lock import lock_screen


@click.group()
def command() -> None:
    """List, take and release the locks of stacks."""


@command.command("list")
@output_option
@pass_cli
def list_(cli: Cli, output: str) -> None:
    """List locks with holder and reason, and runs that wait for a locked state."""
    cli.begin_to_list()
    rows = cli.call(list_locks)
    cli.present(output, rows, lambda rows: lock_screen(rows, cli.now))


@command.command()
@stack_argument
@reason_option()
@pass_cli
def take(cli: Cli, stack: str, reason: str) -> None:
    """Lock STACK so that no one can plan or apply it. Drift checks continue."""
    lock = cli.call(take_lock, stack, reason=reason)
    cli.console.say(f"Locked {stack} for {lock.holder}.")
    cli.console.hint(f'driftline lock release {stack} --reason "..."')


@command.command()
@stack_argument
@reason_option()
@pass_cli
def release(cli: Cli, stack: str, reason: str) -> None:
    """Release the lock of STACK, whoever holds it."""
    held = cli.call(release_lock, stack, reason=reason)
    cli.console.say(f"Released the lock of {stack}, which {held.holder} held: {held.reason}")


@command.command("force-unlock")
@stack_argument
@reason_option()
@yes_option
@pass_cli
def force_unlock(cli: Cli, stack: str, reason: str, yes: bool) -> None:
    """Remove terraform's state lock of STACK if a dead Driftline run left it. Never removes anyone else's lock."""
    left = cli.call(show_left_lock, stack)
    cli.console.say(
        f"The state of {stack} is locked by {left.lock}.", f"{left.run} left it behind: {left.reason}"
    )
    if not yes:
        ask("Unlock it?", wish="unlocked")
    cli.call(force_unlock_state, stack, lock=left.id, reason=reason)
    cli.console.say(f"The state of {stack} is unlocked.")
    cli.console.hint(f"driftline run show {left.run}")
