"""Several approved runs, applied one after the other: one list, one question; one that fails stops no other."""

from collections.abc import Callable, Sequence

from runner.api.runs import show_run
from runner.cli.answering import Choice, Outcomes, agree_to_list, rows_of
from runner.cli.invocation import Cli
from runner.cli.perform import Performer
from runner.cli.screen.output import Cell
from runner.errors import DriftlineError, Interrupted
from runner.model.run.life import State
from runner.view.answered import Answered
from runner.view.run_page import RunPage

Apply = Callable[[Cli, Callable[[Cli], Performer], int], tuple[RunPage, int]]


def apply_several(
    cli: Cli,
    runs: Sequence[int],
    choice: Choice,
    apply: Apply,
    tell_end: Callable[[Cli, RunPage], int],
    *,
    yes: bool,
    output: str,
) -> int:
    """Whatever keeps a run from being applied is told, and the next one follows."""
    wanted = runs or choice.runs(cli, State.APPROVED)
    outcomes = Outcomes(cli, wanted)
    if not wanted:
        cli.console.say("No approved runs of these stacks.")
    shown = rows_of(cli, wanted, outcomes)
    if shown and output == "table":
        agree_to_list(cli, shown, "apply", wish="applied", yes=yes)
    performers: list[Performer] = []

    def performer_of(cli: Cli) -> Performer:
        """One for all, when the first run needs it."""
        if not performers:
            performers.append(Performer.of(cli))
        return performers[0]

    for at, run in enumerate(shown):
        cli.console.say([Cell(f"{run.id} of {run.stack}", "bold")])
        try:
            page, code = apply(cli, performer_of, run.number)
        except Interrupted:
            raise
        except DriftlineError as error:
            page = cli.call(show_run, run.number)
            if page.state is State.APPLIED:  # by a daemon, which takes approved runs by itself
                outcomes.end(Answered(page.id, "applied", page.row), tell_end(cli, page))
            else:
                outcomes.refuse(run.id, error, run)
            continue
        outcomes.end(Answered(page.id, "failed" if code else "applied", page.row), code)
        if performer_of(cli).interrupted:
            outcomes.lose([one.id for one in shown[at + 1 :]], Interrupted("the next runs were not begun"))
            break
    cli.present(output, outcomes.all)
    return outcomes.code
