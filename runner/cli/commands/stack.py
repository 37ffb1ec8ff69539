"""`driftline stack`: what is known of stacks, and pausing them."""

import click

from runner.api.stacks import list_stacks, show_newcomer, show_rules, show_stack
from runner.api.states import accept_state as accept_moved_state
from runner.api.states import show_moved_state
from runner.cli.commands import history, pause, resume
from runner.cli.commands.stack_graph import graph
from runner.cli.commands.stack_leave import forget, rename
from runner.cli.commands.stack_validate import validate
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, labels_option, output_option, reason_option, stack_argument, yes_option
from runner.cli.screen.asking import ask
from runner.cli.screen.stack import stack_list_screen
from runner.errors import StackNotFound


@click.group()
def command() -> None:
    """List, show, draw, validate, pause, rename and forget stacks."""


command.add_command(validate)
command.add_command(pause.command)
command.add_command(resume.command)
command.add_command(history.command)
command.add_command(rename)
command.add_command(forget)
command.add_command(graph)


@command.command("list")
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


@command.command()
@stack_argument
@click.option("--rules", is_flag=True, help="Show which of the operator's rules reach it, and which decide.")
@output_option
@pass_cli
def show(cli: Cli, stack: str, rules: bool, output: str) -> None:  # a flag of the command line
    """Show everything about STACK, including what happens next and why."""
    if rules:
        _show_rules(cli, stack, output)
        return
    try:
        _show(cli, stack, output)
    except StackNotFound:
        _show_newcomer(cli, stack, output)


def _show(cli: Cli, stack: str, output: str) -> None:
    from runner.cli.screen.stack_page import stack_screen

    page = cli.call(show_stack, stack)
    cli.present(output, page, lambda page: stack_screen(page, cli.now))
    if page.lock is not None and output == "table":
        cli.console.hint(page.lock.way_out)


def _show_rules(cli: Cli, name: str, output: str) -> None:
    from runner.cli.screen.rules import rules_screen

    cli.present(output, cli.call(show_rules, name), rules_screen)


def _show_newcomer(cli: Cli, stack: str, output: str) -> None:
    from runner.cli.screen.stack_page import newcomer_screen

    page = cli.call(show_newcomer, stack)
    cli.present(output, page, newcomer_screen)
    if output == "table":
        cli.console.hint(f"driftline source check {page.source}")


@command.command("accept-state")
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
