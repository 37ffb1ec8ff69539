"""`driftline stack`: what is known of stacks, and pausing them."""

import click

from runner.cli.commands import history, pause, resume
from runner.cli.commands.stack_graph import graph
from runner.cli.commands.stack_leave import forget, rename
from runner.cli.commands.stack_validate import validate
from runner.cli.options import (
    Cli,
    Labels,
    labels_option,
    output_option,
    pass_cli,
    reason_option,
    stack_argument,
    yes_option,
)
from runner.cli.screen.asking import ask
from runner.cli.screen.stack import stack_list_screen
from runner.cli.several import has
from runner.errors import StackNotFound
from runner.view.facts import all_stacks, one_stack
from runner.view.newcomer import newcomers
from runner.view.stack import stack_row


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
    app = cli.to_list()
    now = app.clock.now()
    with app.store.reading() as reader:
        found = all_stacks(reader, app.settings, app.clock, app.disk.shortage())
        # Nothing is known of their labels.
        new = [] if labels else list(newcomers(reader, app.settings))
    rows = (*(stack_row(facts) for facts in found if has(facts.stack, labels)), *new)
    empty = (
        "No stacks have these labels." if found else "No stacks yet. Find them with:   driftline source sync"
    )
    cli.present(output, rows, lambda rows: stack_list_screen(rows, now, empty=empty))


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
    from runner.view.stack_page import stack_page

    app, now = cli.app, cli.app.clock.now()
    with app.store.reading() as reader:
        facts = one_stack(reader, app.settings, app.clock, app.disk.shortage(), stack)
        page = stack_page(reader, app.settings, facts)
    cli.present(output, page, lambda page: stack_screen(page, now))
    if page.lock is not None and output == "table":
        cli.console.hint(page.lock.way_out)


def _show_rules(cli: Cli, name: str, output: str) -> None:
    from runner.cli.screen.rules import rules_screen
    from runner.view.rules import rules_page

    with cli.app.store.reading() as reader:
        page = rules_page(reader, cli.app.settings, reader.stack(name))
    cli.present(output, page, rules_screen)


def _show_newcomer(cli: Cli, stack: str, output: str) -> None:
    from runner.cli.screen.stack_page import newcomer_screen
    from runner.view.newcomer import newcomer_page

    with cli.app.store.reading() as reader:
        page = newcomer_page(reader, cli.app.settings, stack)
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
    from runner.service.operator.accept_state import accept_state, proposed_state

    identity = proposed_state(cli.app.control, cli.app.discoverer, stack)
    cli.console.say(f"{stack} would store its state in {identity}.")
    if not yes:
        ask("Is its state there?", wish="accepted")
    accept_state(cli.app.control, cli.app.workspaces, stack, identity, cli.person, reason)
    cli.console.say(f"{stack} now stores its state there.")
    cli.console.hint(f"driftline plan {stack}")
