"""`driftline apply`: execute an approved run now, in the daemon where one lives, else here."""

import json

import click

from runner.cli.ending import both_plans, exit_code
from runner.cli.options import Cli, output_option, pass_cli, run_argument
from runner.cli.perform import Performer
from runner.cli.run_document import run_document
from runner.cli.screen.output import Cell
from runner.cli.screen.plan_view import diagnostic_lines
from runner.errors import ApprovalMissing, DriftlineError, WrongState
from runner.model.run.life import Run, State
from runner.service.approval.approve import question
from runner.view.objections import goes_on, objections


@click.command()
@run_argument
@output_option
@pass_cli
def command(cli: Cli, run_id: int, output: str) -> int:
    """Execute the approved RUN now: exactly its plan, or a fresh one that means the same."""
    _refuse(cli, run_id)
    performer = Performer.of(cli)
    run = performer.bring(run_id, lambda _: False)
    if output == "json":
        cli.console.json(run_document(cli.app, run))
    else:
        _show_outputs(cli, run)
    code = _ending(cli, run)
    return 130 if code and performer.interrupted else code


def _refuse(cli: Cli, run_id: int) -> None:
    with cli.app.store.reading() as reader:
        asked = question(cli.app.settings, cli.app.clock, reader, run_id)
    run, standing = asked.run, asked.standing
    if run.state is State.AWAITING_APPROVAL:
        have, hint = standing.needed - standing.missing, goes_on(run, objections(asked))
        raise ApprovalMissing(run=run.name, have=have, need=standing.needed, hint=hint)
    if run.state not in {State.APPROVED, State.APPLYING}:
        raise WrongState(run=run.name, state=run.state, wish="applied")


def _way_out(cli: Cli, run: Run) -> str:
    with cli.app.store.reading() as reader:
        lock = reader.lock(run.stack)
    return lock.way_out if lock is not None else f"driftline stack show {run.stack}"


def _show_outputs(cli: Cli, run: Run) -> None:
    with cli.app.store.reading() as reader:
        outputs = reader.outputs(run.id) or {}
    if run.state is State.APPLIED and outputs:
        cli.console.data(Cell("Outputs:", "bold"))
        cli.console.data(*(f"  {name} = {_value(value)}" for name, value in sorted(outputs.items())))


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _ending(cli: Cli, run: Run) -> int:
    console = cli.console
    with cli.app.store.reading() as reader:
        diagnostics = reader.diagnostics(run.id)
    console.say(*diagnostic_lines(diagnostics))
    match run.state:
        case State.APPLIED:
            console.say(
                [Cell("✔ ", "green"), f"{run.name} of {run.stack} is applied at {run.revision[:12]}."]
            )
        case State.NO_CHANGES:
            console.say(f"{run.name} of {run.stack}: {run.reason or 'nothing was left to change'}.")
        case State.SUPERSEDED:
            console.data(*both_plans(cli, run))
            next_run = f"run-{run.superseded_by}" if run.superseded_by else "the next plan"
            console.error(
                DriftlineError(
                    f"{run.name} was not applied: {run.reason}; {next_run} replaces it",
                    hint=f"driftline plan {run.stack}",
                )
            )
        case State.APPLY_FAILED | State.INTERRUPTED:
            console.error(
                DriftlineError(
                    f"{run.name} of {run.stack} is {run.state.in_words}: {run.reason}; the stack stays locked",
                    hint=f"driftline logs {run.name}   then   {_way_out(cli, run)}",
                )
            )
        case _:
            console.say(f"{run.name} of {run.stack} is {run.state.in_words}: {run.reason}")
    return exit_code(run)
