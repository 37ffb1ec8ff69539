"""`driftline run resolve`: say what became of an apply whose end nobody saw."""

from typing import Literal

import click

from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option, reason_option, run_argument, yes_option
from runner.cli.screen.asking import ask_to_type


@click.command("resolve")
@run_argument
@click.option(
    "--as",
    "outcome",
    required=True,
    type=click.Choice(["applied", "failed"]),
    help="Outcome: `applied` if everything in the plan was applied, `failed` otherwise.",
)
@reason_option()
@click.option("--state-pushed", is_flag=True, help="You pushed the state that terraform could not save.")
@yes_option
@output_option
@pass_cli
def command(
    cli: Cli,
    run_id: int,
    outcome: Literal["applied", "failed"],
    reason: str,
    state_pushed: bool,
    yes: bool,
    output: str,
) -> None:
    """Record the outcome of the interrupted RUN. This unlocks its stack; a new plan shows what is left to do."""
    from runner.api.resolutions import resolve_run, show_evidence
    from runner.cli.screen.evidence import evidence_screen

    page = cli.call(show_evidence, run_id)
    if output == "table":
        cli.present(output, page, evidence_screen)
    if not yes:
        ask_to_type(
            f"Type `{page.stack}` to resolve it as {outcome}",
            page.stack,
            wish="resolved",
            hint="review the evidence, then add --yes",
        )
    done = cli.call(resolve_run, run_id, outcome=outcome, reason=reason, state_pushed=state_pushed)
    cli.present(output, done.run)
    run = done.run
    cli.console.say(f"{done.by} resolved {run.id} of {run.stack} as {run.state.in_words}.")
    cli.console.hint(f"driftline stack show {run.stack}")
