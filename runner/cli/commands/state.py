"""`driftline state`: the states that Driftline keeps for stacks without a backend."""

import sys
from pathlib import Path

import click

from runner.cli.commands.plan import poll_sources, refuse_untaken
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import stack_argument, yes_option
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.output import Cell
from runner.cli.screen.plan import plan_lines
from runner.errors import BadUsage, NotAState
from runner.host.files import read_foreign
from runner.model.approval.arriving_state import LARGEST
from runner.model.plan.text import summary_text
from runner.view.changes import changes_view

_UNASKED = "add --yes to import without the prompt"


@click.group()
def command() -> None:
    """Import managed states of stacks without a backend."""


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
