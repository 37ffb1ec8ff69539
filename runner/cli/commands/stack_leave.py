"""`driftline stack rename` and `stack forget`: what becomes of a stack that leaves Git, or has left it."""

import click

from runner.cli.options import Cli, pass_cli, reason_option, stack_argument, yes_option
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
    from runner.service.operator.rename import say_renamed

    with cli.app.store.reading() as reader:
        reader.stack(stack)
    if not yes:
        ask(f"{new} takes over the state of {stack}. Continue?", wish="renamed")
    say_renamed(cli.app.control, stack, new, cli.person)
    for source in cli.app.settings.sources:
        cli.app.poller.poll(source, by=cli.person.name)
    with cli.app.store.reading() as reader:
        done = reader.stack(stack).renamed_to == new
        problem = next((why for s in reader.sources() for name, why in s.newcomers if name == new), None)
    if done:
        cli.console.say(f"Renamed {stack} to {new}. Its plan shows what that changes.")
        cli.console.hint(f"driftline plan {new}")
    elif problem is not None:
        cli.console.warn(problem)
    else:
        cli.console.say(f"{new} takes over once it is in Git and {stack} is not.")


@click.command()
@stack_argument
@reason_option(required=False)
@yes_option
@pass_cli
def forget(cli: Cli, stack: str, reason: str | None, yes: bool) -> None:
    """Stop managing STACK, which is gone from Git. Keeps its resources, its state, its history and the audit log."""
    from runner.service.operator.leave import forget, may_be_forgotten

    with cli.app.store.reading() as reader:
        known = may_be_forgotten(reader, stack)
    if not yes:
        ask_to_type(f"Type `{stack}` to forget it", stack, wish="forgotten", hint="confirm with --yes")
    forget(cli.app.control, stack, cli.person, reason or "")
    cli.console.say(f"Forgot {stack}. Anything it created still exists, but is no longer managed.")
    place = cli.app.workspaces.state_file(known.folder, known.definition.terraform_workspace)
    if known.managed_state and place.exists():
        cli.console.say(f"Its state remains in {place}")
