"""`driftline history`: what was changed, by whom, and who approved it."""

import click

from runner.api.history import list_history
from runner.cli import suggest
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import history_options, output_option, window
from runner.model.values.moment import Moment


@click.command("history")
@click.argument("stack", required=False, metavar="[STACK]", shell_complete=suggest.stacks)
@click.option("--stack", "named", metavar="STACK", shell_complete=suggest.stacks, help="Same as STACK.")
@history_options
@click.option(
    "-n",
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Maximum number of rows.",
)
@output_option
@pass_cli
def command(
    cli: Cli,
    stack: str | None,
    named: str | None,
    by: str | None,
    since: Moment | None,
    until: Moment | None,
    absolute: bool,
    limit: int,
    output: str,
) -> None:
    """List the changes of STACK, or of all stacks, newest first: who requested, approved and applied what."""
    # Here, since `stack list`, which has this command beside it, waits for no pages of runs.
    from runner.cli.screen.history import history_screen

    first, last = window(since, until, cli.now)
    rows = cli.call(list_history, stack=stack or named, by=by, since=first, until=last, limit=limit)
    cli.present(output, rows, lambda rows: history_screen(rows, cli.now, absolute=absolute))
