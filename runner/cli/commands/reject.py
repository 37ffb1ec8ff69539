"""`driftline reject`: say no to plans."""

import click

from runner.api.answers import Rejecting, reject_runs
from runner.api.approvals import reject_run
from runner.cli.answering import Choice, Outcomes, agree_to_list, answer_all, rows_of
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, choice_options, output_option, reason_option, runs_argument, yes_option
from runner.model.run.life import State
from runner.view.answered import AnsweredRuns


@click.command()
@runs_argument
@choice_options("All runs awaiting approval")
@reason_option()
@yes_option
@output_option
@pass_cli
def command(
    cli: Cli,
    runs: tuple[int, ...],
    labels: Labels,
    stacks: tuple[str, ...],
    sources: tuple[str, ...],
    reason: str,
    yes: bool,
    output: str,
) -> int:
    """Reject the plan of each RUN. The stack is planned again after a new commit, or on request.

    Rejecting changes no infrastructure and always needs a reason, so it needs no --yes without a terminal.
    """
    choice = Choice(labels, stacks, sources)
    choice.refuse_unclear(runs)
    if not choice and len(set(runs)) == 1:
        done = cli.call(reject_run, runs[0], reason=reason)
        cli.present(output, done.run)
        cli.console.say(f"{done.by} rejected {done.run.id} of {done.run.stack}.")
        return 0
    wanted = list(dict.fromkeys(runs)) or choice.runs(cli, State.AWAITING_APPROVAL)
    return _reject_several(cli, wanted, reason, yes=yes, output=output)


def _reject_several(cli: Cli, wanted: list[int], reason: str, *, yes: bool, output: str) -> int:
    outcomes = Outcomes(cli, wanted)
    if not wanted:
        cli.console.say("No runs of these stacks await approval.")
    shown = rows_of(cli, wanted, outcomes)
    if shown and output == "table":
        agree_to_list(cli, shown, "reject", wish="rejected", yes=yes)
    answers = {run.number: Rejecting(run.number, run.state) for run in shown}

    def reject(some: tuple[Rejecting, ...]) -> AnsweredRuns:
        return cli.call(reject_runs, rejecting=some, reason=reason)

    for done in answer_all(outcomes, answers, reject):
        if done.run is not None:
            cli.console.say(f"{done.by} rejected {done.id} of {done.run.stack}.")
    cli.present(output, outcomes.all)
    return outcomes.code
