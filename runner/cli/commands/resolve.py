"""`driftline run resolve`: say what became of an apply whose end nobody saw."""

import click

from runner.api.runs import show_run
from runner.cli.options import Cli, output_option, pass_cli, reason_option, run_argument, yes_option
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.evidence import evidence_screen
from runner.service.operator.resolve import question, resolve


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
    cli: Cli, run_id: int, outcome: str, reason: str, state_pushed: bool, yes: bool, output: str
) -> None:
    """Record the outcome of the interrupted RUN. This unlocks its stack; a new plan shows what is left to do."""
    with cli.app.store.reading() as reader:
        run, _ = question(reader, run_id)
    if output == "table":
        cli.present(output, cli.call(show_run, run_id), evidence_screen)
    if not yes:
        ask_to_type(
            f"Type `{run.stack}` to resolve it as {outcome}",
            run.stack,
            wish="resolved",
            hint="review the evidence, then add --yes",
        )
    done = resolve(
        cli.app.control,
        cli.app.workspaces,
        run_id,
        cli.person,
        applied=outcome == "applied",
        reason=reason,
        state_pushed=state_pushed,
    )
    cli.present(output, cli.call(show_run, done.id))
    cli.console.say(f"{cli.person.name} resolved {done.name} of {done.stack} as {done.state.in_words}.")
    cli.console.hint(f"driftline stack show {done.stack}")
