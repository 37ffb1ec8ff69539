"""`driftline apply`: execute an approved run now, in the daemon where one lives, else here."""

from collections.abc import Callable
from functools import partial

import click

from runner.api.approvals import apply_run, open_windows
from runner.api.runs import show_run
from runner.api.stacks import show_stack
from runner.cli.answering import Choice
from runner.cli.commands.apply_several import apply_several
from runner.cli.commands.plan import tell_unread
from runner.cli.ending import EXIT_CODES
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import (
    Labels,
    choice_options,
    output_option,
    reason_option,
    runs_argument,
    yes_option,
)
from runner.cli.perform import Performer
from runner.cli.screen.facts import diagnostic_lines
from runner.cli.screen.output import Cell
from runner.cli.screen.run_page import applied_screen
from runner.errors import BadUsage, DriftlineError
from runner.model.run.life import State
from runner.view.run_page import RunPage


@click.command()
@runs_argument
@choice_options("All approved runs")
@click.option(
    "--break-glass",
    is_flag=True,
    help="Apply although the windows of the stack are closed; only for approvals.owners, and only with a reason.",
)
@reason_option("message", required=False, text="Reason for --break-glass, recorded with the run.")
@yes_option
@output_option
@pass_cli
def command(
    cli: Cli,
    runs: tuple[int, ...],
    labels: Labels,
    stacks: tuple[str, ...],
    sources: tuple[str, ...],
    message: str,
    yes: bool,
    output: str,
    *,
    break_glass: bool,
) -> int:
    """Execute each approved RUN now: exactly its plan, or a fresh one that means the same. Several run one after the other."""
    choice = Choice(labels, stacks, sources)
    choice.refuse_unclear(runs)
    single = not choice and len(set(runs)) == 1
    if break_glass != bool(message) or (break_glass and not single):
        raise BadUsage(
            "--break-glass needs a reason and a single run, and -m is only for --break-glass",
            hint='driftline apply RUN --break-glass -m "..."',
        )
    if not single:
        return apply_several(
            cli,
            list(dict.fromkeys(runs)),
            choice,
            partial(_apply, output=output),
            _ending,
            yes=yes,
            output=output,
        )
    page, code = _apply(cli, Performer.of, runs[0], message, output)
    cli.present(output, page)
    return code


def _apply(
    cli: Cli, performer_of: Callable[[Cli], Performer], run: int, message: str = "", output: str = "table"
) -> tuple[RunPage, int]:
    """The run as it ended, which has been told, and the exit code."""
    tell_unread(cli, cli.call(apply_run, run))
    if message:
        _break_glass(cli, run, message)
    performer = performer_of(cli)
    performer.bring(run, lambda _: False)
    page = cli.call(show_run, run)
    if output == "table":
        cli.present(output, page, applied_screen)
    code = _ending(cli, page)
    return page, 130 if code and performer.interrupted else code


def _break_glass(cli: Cli, run_id: int, reason: str) -> None:
    closed = cli.call(open_windows, run_id, reason=reason)
    if closed is None:
        cli.console.say("No window is closed, so --break-glass was not needed.")
    else:
        cli.console.warn(f"run-{run_id} is applied outside its window: {closed.sentence}")


def _way_out(cli: Cli, stack: str) -> str:
    lock = cli.call(show_stack, stack).lock
    return lock.way_out if lock is not None else f"driftline stack show {stack}"


def _ending(cli: Cli, run: RunPage) -> int:
    console = cli.console
    console.say(*diagnostic_lines(run.diagnostics))
    match run.state:
        case State.APPLIED:
            console.say([Cell("✔ ", "green"), f"{run.id} of {run.stack} is applied at {run.revision[:12]}."])
        case State.NO_CHANGES:
            console.say(f"{run.id} of {run.stack}: {run.reason or 'nothing was left to change'}.")
        case State.SUPERSEDED:
            console.error(
                DriftlineError(
                    f"{run.id} was not applied: {run.reason}; {run.superseded_by or 'the next plan'} replaces it",
                    hint=_next(run),
                )
            )
        case State.APPLY_FAILED | State.INTERRUPTED:
            console.error(
                DriftlineError(
                    f"{run.id} of {run.stack} is {run.state.in_words}: {run.reason}; the stack stays locked",
                    hint=f"driftline logs {run.id}   then   {_way_out(cli, run.stack)}",
                )
            )
        case _:
            console.say(f"{run.id} of {run.stack} is {run.state.in_words}: {run.reason}")
    return EXIT_CODES[run.state]


def _next(run: RunPage) -> str:
    """The command that goes on from a run that was replaced; another plan would only replace the new one again."""
    if run.superseded_by is None:
        return f"driftline plan {run.stack}"
    return f"driftline approve {run.superseded_by}   once the daemon, or   driftline daemon --once   has planned it"
