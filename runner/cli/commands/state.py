"""`driftline state`: the states that Driftline keeps for stacks without a backend."""

import sys
from pathlib import Path

import click

from runner.api.state_versions import (
    diff_states,
    list_state_versions,
    list_states,
    pull_state,
    push_state,
    roll_back_state,
    show_state,
)
from runner.cli import suggest
from runner.cli.commands.plan import poll_sources, refuse_untaken
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, stack_argument, yes_option
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.output import Cell
from runner.cli.screen.plan import plan_lines
from runner.cli.screen.state import diff_screen, state_screen, states_screen, versions_screen
from runner.errors import BadUsage, NotAState
from runner.host.files import read_foreign
from runner.model.approval.arriving_state import LARGEST
from runner.model.plan.text import summary_text
from runner.view.changes import changes_view

_UNASKED = "add --yes to import without the prompt"


@click.group()
def command() -> None:
    """List, compare, roll back and import the states that Driftline keeps for stacks without a backend."""


@command.command("list")
@click.argument("stack", required=False, shell_complete=suggest.stacks)
@output_option
@pass_cli
def list_(cli: Cli, stack: str | None, output: str) -> None:
    """List the stacks with a managed state, or the versions of the state of STACK."""
    cli.begin_to_list()
    if stack is None:
        cli.present(output, cli.call(list_states), lambda rows: states_screen(rows, cli.now))
    else:
        cli.present(output, cli.call(list_state_versions, stack), lambda rows: versions_screen(rows, cli.now))


@command.command()
@stack_argument
@click.option("--version", type=click.IntRange(1), metavar="N", help="An earlier version.")
@output_option
@pass_cli
def show(cli: Cli, stack: str, version: int | None, output: str) -> None:
    """Show the outputs and resources in the state of STACK. Secrets are masked."""
    page = cli.call(show_state, stack, version=version)
    cli.present(output, page, lambda page: state_screen(page, cli.now))


@command.command()
@stack_argument
@click.argument("older", metavar="A", type=click.IntRange(1))
@click.argument("newer", metavar="B", type=click.IntRange(1))
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def diff(cli: Cli, stack: str, older: int, newer: int, full: bool, output: str) -> None:
    """Show what changed between versions A and B of the state of STACK. Secrets are masked."""
    found = cli.call(diff_states, stack, older=older, newer=newer)
    cli.present(output, found, lambda found: diff_screen(found, cli.now, full=full))


@command.command()
@stack_argument
@click.option(
    "--to", "version", type=click.IntRange(1), metavar="N", required=True, help="The earlier version."
)
@yes_option
@pass_cli
def rollback(cli: Cli, stack: str, version: int, yes: bool) -> None:
    """Make version N the state of STACK again, as a new version. Resources stay as they are: the next plan shows what differs."""
    if not yes:
        newest = cli.call(list_state_versions, stack)[0]
        found = cli.call(diff_states, stack, older=newest.version, newer=version)
        cli.console.show(diff_screen(found, cli.now))
        ask_to_type(
            f"Terraform will no longer know what version {newest.version} has besides. Type `{stack}` to roll back",
            stack,
            wish="rolled back",
            hint="add --yes to roll back without the prompt",
        )
    made = cli.call(roll_back_state, stack, version=version)
    cli.console.say(
        f"Version {made.version} of the state of {stack} is version {version} again (serial {made.serial})."
    )
    cli.console.hint(f"driftline plan {stack}")


@command.command()
@stack_argument
@click.option("--version", type=click.IntRange(1), metavar="N", help="An earlier version.")
@pass_cli
def pull(cli: Cli, stack: str, version: int | None) -> None:
    """Write the state of STACK to stdout, as terraform stores it: with every password and key in clear. This is audited."""
    if sys.stdout.isatty():
        raise BadUsage("a state contains secrets in clear", hint=f"driftline state pull {stack} > FILE")
    content = cli.call(pull_state, stack, version=version).data
    sys.stdout.buffer.write(content)
    sys.stdout.flush()
    cli.console.warn("the state contains secrets in clear; remove it after use")


@command.command()
@stack_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Accept another lineage, or an older serial.")
@yes_option
@pass_cli
def push(cli: Cli, stack: str, file: Path, force: bool, yes: bool) -> None:
    """Make FILE the newest version of the state of STACK. `state import` also shows what the next plan would do."""
    try:
        content = _content(file).decode()
    except UnicodeDecodeError:
        raise NotAState(file=file, problem="it is not JSON") from None
    if force and not yes:
        ask_to_type(
            f"This replaces the state of {stack}, whatever it has. Type `{stack}` to push",
            stack,
            wish="pushed",
            hint="add --yes to push without the prompt",
        )
    made = cli.call(push_state, stack, content=content, force=force, file=str(file))
    cli.console.say(f"{file} is version {made.version} of the state of {stack} (serial {made.serial}).")
    cli.console.hint(f"driftline plan {stack}")


@command.command("import")
@stack_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@yes_option
@click.option("--full", is_flag=True, help="Show full values.")
@pass_cli
def import_(cli: Cli, stack: str, file: Path, yes: bool, full: bool) -> None:
    """Import FILE, such as a terraform.tfstate from a laptop, as the managed state of STACK, after showing the resulting plan."""
    from runner.service.operator.import_state import examine, import_state, locked, preview, refuse_stranger

    if not yes and not sys.stdin.isatty():
        raise BadUsage("no terminal to prompt on", hint=_UNASKED)
    content = _content(file)
    cli.begin_installation()
    app = cli.app
    refuse_untaken(cli, stack, poll_sources(cli, (stack,), only_unknown=False))
    with locked(app.control, stack, cli.person, file.name) as lock:
        arrival = examine(app.control, stack, content, str(file))
        if arrival.known_already:
            cli.console.say(f"{stack} already has this state: {arrival.state}.")
            return
        cli.console.say(f"{file} contains {arrival.state}; planning {stack} with it")
        changes = preview(app.control, app.worker.ports, arrival)
        refuse_stranger(arrival, changes, str(file))
        cli.console.data(Cell(f"{stack} with {file}", "bold"), *plan_lines(changes_view(changes), full=full))
        if not yes:
            would = summary_text(changes.summary)
            ask_to_type(
                f"The next plan of {stack} would be: {would}. Type `yes` to import the state",
                "yes",
                wish="imported",
                hint=_UNASKED,
            )
        copy = import_state(app.control, arrival, lock, cli.person)
    cli.console.say(f"Imported the state into {stack}: {arrival.state}.")
    if copy is not None:
        cli.console.say(f"The previous state is in {copy}.")
    cli.console.hint(f"driftline plan {stack}")


def _content(file: Path) -> bytes:
    try:
        return read_foreign(file, LARGEST)
    except FileNotFoundError:
        raise BadUsage(f"{file} does not exist", hint="driftline state import --help") from None
    except OSError as error:
        what = "it is a symlink" if file.is_symlink() else error.strerror
        raise NotAState(file=file, problem=what) from None
