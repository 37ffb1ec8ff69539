"""`driftline stack show`: everything about one stack."""

import click

from runner.api.stacks import show_newcomer, show_rules, show_stack
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, stack_argument
from runner.errors import StackNotFound


@click.command()
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
