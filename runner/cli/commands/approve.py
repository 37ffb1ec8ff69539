"""`driftline approve`: show one plan, ask, and record the yes."""

import click

from runner.api.approvals import approve_run, ask_question
from runner.api.progress import show_progress
from runner.cli.answering import Choice
from runner.cli.commands.approve_several import REVIEWED, approve_several, said_yes
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, Named, choice_options, output_option, plans_argument, reason_option
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.output import Cell, Console, encode
from runner.cli.screen.question import marks, question_screen
from runner.cli.screen.terminal import on_terminal
from runner.errors import BadUsage, WrongState
from runner.model.approval.guardrails import DESTROYS
from runner.model.run.life import State
from runner.view import words
from runner.view.approved import Approved
from runner.view.question import QuestionPage


@click.command()
@plans_argument
@choice_options("All runs awaiting approval")
@click.option(
    "--digest",
    metavar="PREFIX",
    help="Digest of the plan you reviewed (at least 12 characters); fails if the plan is a different one. For several runs, use RUN@DIGEST.",
)
@reason_option("message", required=False, text="Comment to record with the approval.")
@click.option(
    "--yes",
    is_flag=True,
    help="Skip the confirmation prompt. Without a terminal, also requires the digest of the plan.",
)
@click.option(
    "--confirm",
    metavar="STACK",
    help="Stack name, to confirm that something protected may be destroyed or replaced.",
)
@click.option(
    "--accept-destroys",
    metavar="N",
    type=click.IntRange(0),
    help="Accept exactly N destroyed or replaced resources when a guardrail blocks the plan.",
)
@click.option("--accept-large", is_flag=True, help="Accept an unusually large plan.")
@click.option(
    "--accept-new-state",
    is_flag=True,
    help="Accept a state that is empty, older, or has a different lineage.",
)
@click.option("--full", is_flag=True, help="Show full values; for several runs, show full plans.")
@output_option
@pass_cli
def command(
    cli: Cli,
    plans: tuple[Named, ...],
    labels: Labels,
    stacks: tuple[str, ...],
    sources: tuple[str, ...],
    digest: str | None,
    message: str,
    yes: bool,
    confirm: str | None,
    accept_destroys: int | None,
    accept_large: bool,
    accept_new_state: bool,
    full: bool,
    output: str,
) -> int:
    """Show the plan of each RUN and approve it. A run is applied once it has all the approvals it needs.

    Several runs share one list and one question; each approval covers the plan shown in the list.
    """
    choice = Choice(labels, stacks, sources)
    choice.refuse_unclear(plans)
    accepted = _accepted(accept_destroys, large=accept_large, new_state=accept_new_state)
    if choice or len(plans) > 1:
        if digest is not None or confirm is not None or accepted:
            raise BadUsage(
                "--digest, --confirm and --accept-... apply to a single run",
                hint="driftline approve RUN@DIGEST RUN@DIGEST --yes   or approve each run separately",
            )
        return approve_several(cli, plans, choice, message, yes=yes, full=full, output=output)
    (named,) = plans
    if digest is not None and named.digest is not None:
        raise BadUsage(f"two digests given: run-{named.run}@{named.digest} and --digest {digest}")
    digest = digest or named.digest
    _approve_one(cli, named.run, digest, message, confirm, accepted, yes=yes, full=full, output=output)
    return 0


def _approve_one(
    cli: Cli,
    run_id: int,
    digest: str | None,
    message: str,
    confirm: str | None,
    accepted: tuple[str, ...],
    *,
    yes: bool,
    full: bool,
    output: str,
) -> None:
    (look,) = cli.call(show_progress, runs=(run_id,))
    if (
        look.run.final and look.run.state is not State.PLANNED
    ):  # whatever else is missing, there is nothing left to approve
        raise WrongState(run=look.run.id, state=look.run.state, wish="approved")
    shown = output == "table" and on_terminal()
    _refuse_blind(run_id, digest, yes=yes, shown=shown)
    page = cli.call(ask_question, run_id, accepted=accepted)
    if output == "table":
        cli.present(output, page, lambda page: question_screen(page, cli.now, full=full))
    typed = confirm if yes else _ask(page, confirm, cli.console)
    done = cli.call(
        approve_run,
        run_id,
        digest=digest or page.run.binding_digest or "",
        seen=page.seen,
        comment=message,
        confirm=typed,
        accepted=accepted,
    )
    cli.present(output, done.run)
    _tell(cli.console, done)


def _refuse_blind(run_id: int, digest: str | None, *, yes: bool, shown: bool) -> None:
    """A yes is to something that was seen: on this terminal just now, or elsewhere and named by its digest."""
    if shown:
        return
    if not yes:
        raise BadUsage(
            "no terminal to prompt on",
            hint=_unseen(f"run-{run_id}"),
        )
    if digest is None:
        raise BadUsage(
            "--yes without a terminal needs --digest, to approve exactly the plan that was reviewed",
            hint=f"driftline run show run-{run_id}",
        )


def _unseen(run: str) -> str:
    return f"driftline run diff {run}   then   driftline approve {run} --digest PREFIX --yes"


def _accepted(destroys: int | None, *, large: bool, new_state: bool) -> tuple[str, ...]:
    """The answers to guard rails, as the approval records them."""
    said = {
        f"{DESTROYS}{destroys}": destroys is not None,
        "large": large,
        "new-state": new_state,
    }
    return tuple(answer for answer, given in said.items() if given)


def _ask(asked: QuestionPage, confirm: str | None, console: Console) -> str | None:
    """The stack's name as it was typed; NotConfirmed unless the answer is a clear yes."""
    must_type = asked.type_the_name and confirm is None
    word = asked.run.stack if must_type else "yes"
    if must_type:
        console.data(Cell("This destroys or replaces protected resources.", "red"))
    text = encode(
        f"Type `{word}` to approve this plan of {asked.run.stack} ({marks(asked.run)})", colours=False
    )
    ask_to_type(text, word, wish="approved", hint=_unseen(asked.run.id))
    return word if must_type else confirm


def _tell(console: Console, done: Approved) -> None:
    run = done.run
    console.say(said_yes(run.id, run, done.by, done.approvals))
    if run.state is State.PLANNED:
        console.say(REVIEWED)
    elif not done.complete:
        console.say(f"It needs {words.counted(done.missing, 'more approval')}.")
        console.hint(f"who may approve:   driftline stack show {run.stack}")
    elif done.waits:
        console.say(f"It will be applied later: {done.waits}.")
        console.hint(done.way_out)
    elif done.daemon:
        console.say("The daemon is applying it.")
        console.hint(f"driftline logs -f {run.id}")
    else:
        console.hint(f"driftline apply {run.id}")
