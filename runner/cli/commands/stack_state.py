"""`driftline stack accept-state`: a person moved the state."""

import click

from runner.api.states import accept_state as accept_moved_state
from runner.api.states import show_moved_state
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import reason_option, stack_argument, yes_option
from runner.cli.screen.asking import ask


@click.command("accept-state")
@stack_argument
@reason_option()
@yes_option
@pass_cli
def accept_state(cli: Cli, stack: str, reason: str, yes: bool) -> None:
    """Confirm that you moved the state of STACK to the location in the newest revision. Driftline moves nothing itself."""
    moved = cli.call(show_moved_state, stack)
    cli.console.say(f"{stack} would store its state in {moved.place}.")
    if not yes:
        ask("Is its state there?", wish="accepted")
    cli.call(accept_moved_state, stack, digest=moved.digest, reason=reason)
    cli.console.say(f"{stack} now stores its state there.")
    cli.console.hint(f"driftline plan {stack}")
