"""`driftline stack rename` and `stack forget`: what becomes of a stack that leaves Git, or has left it."""

import click

from runner.api.leaving import check_forget, forget_stack, rename_stack
from runner.api.stacks import show_stack
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import reason_option, stack_argument, yes_option
from runner.cli.screen.asking import ask, ask_to_type


@click.command()
@stack_argument
@click.argument("new", metavar="NEW")
@yes_option
@pass_cli
def rename(cli: Cli, stack: str, new: str, yes: bool) -> None:
    """Declare that NEW in Git is STACK under a new name. NEW takes over its state, its terms and its history.

    Same as `renamed_from: STACK` in NEW's stack file, but also works across sources. Nothing happens until STACK is
    gone from Git.
    """
    cli.call(show_stack, stack)
    if not yes:
        ask(f"{new} takes over the state of {stack}. Continue?", wish="renamed")
    renamed = cli.call(rename_stack, stack, new=new)
    if renamed.done:
        cli.console.say(f"Renamed {stack} to {new}. Its plan shows what that changes.")
        cli.console.hint(f"driftline plan {new}")
    elif renamed.problem is not None:
        cli.console.warn(renamed.problem)
    else:
        cli.console.say(f"{new} takes over once it is in Git and {stack} is not.")


@click.command()
@stack_argument
@reason_option(required=False)
@yes_option
@pass_cli
def forget(cli: Cli, stack: str, reason: str | None, yes: bool) -> None:
    """Stop managing STACK, which is gone from Git. Keeps its resources, its state, its history and the audit log."""
    cli.call(check_forget, stack)
    if not yes:
        ask_to_type(f"Type `{stack}` to forget it", stack, wish="forgotten", hint="confirm with --yes")
    forgotten = cli.call(forget_stack, stack, reason=reason or "")
    cli.console.say(f"Forgot {stack}. Anything it created still exists, but is no longer managed.")
    if forgotten.state:
        cli.console.say(f"Its state remains in {forgotten.state}")
