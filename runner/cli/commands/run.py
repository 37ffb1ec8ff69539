"""`driftline run`: runs, what they would do, and stopping them."""

import os
import sys
import time
from pathlib import Path

import click

from runner.api.run_list import MOST, list_runs
from runner.cli import suggest
from runner.cli.commands import resolve
from runner.cli.ending import EXIT_CODES
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import SPAN, output_option, run_argument
from runner.cli.screen.run import run_screen, state_screen
from runner.errors import BadUsage, NotFound, Timeout
from runner.model.run.life import Kind, State
from runner.model.values.span import Seconds


@click.group()
def command() -> None:
    """List runs, show them, wait for them and cancel them."""


command.add_command(resolve.command)


@command.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([s.value for s in State]),
    help="Show only runs in this state. Repeatable.",
)
@click.option("--stack", metavar="STACK", shell_complete=suggest.stacks, help="Show only runs of this stack.")
@click.option("--kind", type=click.Choice([k.value for k in Kind]), help="Show only runs of this kind.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, MOST), help="Maximum number of rows."
)
@output_option
@pass_cli
def list_(
    cli: Cli, states: tuple[str, ...], stack: str | None, kind: str | None, limit: int, output: str
) -> None:
    """List runs, newest first."""
    cli.begin_to_list()
    rows = cli.call(
        list_runs,
        state=tuple(map(State, states)),
        stack=stack,
        kind=Kind(kind) if kind else None,
        limit=limit,
    )
    cli.present(output, rows, lambda rows: run_screen(rows, cli.now))


@command.command()
@run_argument
@output_option
@pass_cli
def show(cli: Cli, run_id: int, output: str) -> None:
    """Show everything recorded about RUN except its changes, which `run diff` shows."""
    from runner.api.runs import show_run
    from runner.cli.screen.run_page import run_page_screen

    cli.present(output, cli.call(show_run, run_id), lambda page: run_page_screen(page, cli.now))


@command.command()
@run_argument
@click.option("--full", is_flag=True, help="Show full values.")
@output_option
@pass_cli
def diff(cli: Cli, run_id: int, full: bool, output: str) -> None:
    """Show what RUN would do or did; for a superseded run that was re-planned, show both plans."""
    from runner.api.runs import show_run
    from runner.cli.screen.run_page import diff_screen

    page = cli.call(show_run, run_id)
    if output == "table" and page.changes is None and page.planned_at is None:
        raise NotFound(
            f"{page.id} is {page.state.in_words} and has no plan", hint=f"driftline run show {page.id}"
        )
    cli.present(output, page, lambda page: diff_screen(page, full=full))


@command.command()
@run_argument
@click.option("--timeout", type=SPAN, metavar="SPAN", help="Give up after this time with exit code 7.")
@click.option(
    "--until",
    type=click.Choice(["final", "planned"]),
    default="final",
    show_default=True,
    help="State to wait for.",
)
@output_option
@pass_cli
def wait(cli: Cli, run_id: int, timeout: Seconds | None, until: str, output: str) -> int:
    """Wait for RUN. Exits with 0 if it succeeds, 1 if it fails, and 3 if it is rejected or superseded."""
    from runner.api.progress import show_progress
    from runner.api.runs import show_run
    from runner.cli.screen.progress import LOOK_SECONDS

    began = time.monotonic()
    while True:
        (look,) = cli.call(show_progress, runs=(run_id,))
        run = look.run
        if run.final or (until == "planned" and run.state not in {State.QUEUED, State.PLANNING}):
            break
        if timeout is not None and time.monotonic() - began > timeout:
            raise Timeout(
                f"{run.id} is still {run.state.in_words} after {timeout}",
                hint=f"driftline run show {run.id}",
            )
        time.sleep(LOOK_SECONDS)
    cli.present(output, cli.call(show_run, run_id), state_screen)
    return EXIT_CODES[run.state]


@command.command()
@run_argument
@click.option(
    "--force",
    is_flag=True,
    help="Stop the run even while it applies (infrastructure may be left half changed), and stop processes it left behind.",
)
@pass_cli
def cancel(cli: Cli, run_id: int, force: bool) -> None:
    """Cancel RUN. A waiting run ends immediately; a running one is asked to stop."""
    from runner.api.runs import cancel_run, stop_run

    run = cli.call(stop_run if force else cancel_run, run_id)
    if run.final:
        outcome = (
            "canceled"
            if run.state is State.CANCELED
            else f"{run.state.in_words}; the processes it left behind have been stopped"
        )
        cli.console.say(f"{run.id} of {run.stack} is {outcome}.")
        return
    cli.console.say(f"{run.id} of {run.stack} was asked to stop.")
    cli.console.hint(f"driftline run wait {run.id}")


@command.command()
@run_argument
@click.argument("name", required=False, shell_complete=suggest.artifacts)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file, mode 0600.",
)
@pass_cli
def artifact(cli: Cli, run_id: int, name: str | None, to: Path | None) -> None:
    """Write the artifact NAME of RUN to stdout or a file; without NAME, list all artifacts."""
    from runner.api.artifacts import list_artifacts, read_artifact

    if name is None:
        cli.console.data(*cli.call(list_artifacts, run_id))
        return
    content = cli.call(read_artifact, run_id, name).data
    secret = name.endswith((".tfplan", ".secrets"))
    if to is None:
        if secret and sys.stdout.isatty():
            raise BadUsage(
                f"{name} contains secrets",
                hint=f"driftline run artifact run-{run_id} {name} --to FILE",
            )
        sys.stdout.buffer.write(content)
    else:
        _write_private(to, content)
    if secret:
        cli.console.warn(f"{name} contains plaintext secrets; remove it after use")


def _write_private(path: Path, content: bytes) -> None:
    """Never into a file that is there already: it could be readable by others."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadUsage(f"{path} already exists", hint=f"rm {path}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
