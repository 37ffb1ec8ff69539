"""`driftline approve`: show one plan, ask, and record the yes."""

import click

from runner.cli.commands.approve_several import approve_several, said_yes
from runner.cli.options import (
    Cli,
    Labels,
    Named,
    labels_option,
    output_option,
    pass_cli,
    plans_argument,
    reason_option,
)
from runner.cli.pages import page_of
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.output import Cell, encode
from runner.cli.screen.question import marks, question_screen
from runner.cli.screen.terminal import on_terminal
from runner.cli.several import refuse_unclear
from runner.datadir.daemon_lock import running_daemon
from runner.errors import BadUsage, WrongState
from runner.model.approval.guardrails import DESTROYS
from runner.model.approval.rules import Standing
from runner.model.run.life import Run
from runner.model.schedule.decide import CHANGE_RULES, View
from runner.service.approval.approve import approve, question, refuse_early
from runner.view import words
from runner.view.facts import one_stack
from runner.view.question import QuestionPage, question_page

# The rules of a stack that an approved run has to wait for too.
_HELD_BACK = frozenset({"locked", "window", "no_room", "put_off", "account_full"})


@click.command()
@plans_argument
@labels_option("All runs awaiting approval whose stack has this label. Repeat to require several labels.")
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
    refuse_unclear(plans, labels, what="runs")
    accepted = _accepted(accept_destroys, large=accept_large, new_state=accept_new_state)
    if labels or len(plans) > 1:
        if digest is not None or confirm is not None or accepted:
            raise BadUsage(
                "--digest, --confirm and --accept-... apply to a single run",
                hint="driftline approve RUN@DIGEST RUN@DIGEST --yes   or approve each run separately",
            )
        return approve_several(cli, plans, labels, message, yes=yes, full=full, output=output)
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
    accepted: frozenset[str],
    *,
    yes: bool,
    full: bool,
    output: str,
) -> None:
    with cli.app.store.reading() as reader:
        run = reader.run(run_id)
    if run.final:  # whatever else is missing, there is nothing left to approve
        raise WrongState(run=run.name, state=run.state, wish="approved")
    shown = output == "table" and on_terminal()
    _refuse_blind(run_id, digest, yes=yes, shown=shown)
    person = cli.person  # before the look: who acts may have to put right what is looked at
    with cli.app.store.reading() as reader:
        asked = question(cli.app.settings, cli.app.clock, reader, run_id)
        commit = reader.commit(asked.run.source, asked.run.revision)
    refuse_early(cli.app.control, asked, person, accepted)
    page, now = question_page(asked, commit, cli.app.settings), cli.app.clock.now()
    if output == "table":
        cli.present(output, page, lambda page: question_screen(page, now, full=full))
    typed = confirm if yes else _ask(cli, page, confirm)
    run, standing = approve(
        cli.app.control,
        cli.app.git,
        cli.app.modules,
        run_id,
        person,
        digest=digest or asked.run.binding_digest or "",
        comment=message,
        typed_name=typed,
        accepted=accepted,
        shown=asked,
    )
    cli.present(output, page_of(cli.app, run.id))
    _tell(cli, run, standing)


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


def _accepted(destroys: int | None, *, large: bool, new_state: bool) -> frozenset[str]:
    """The answers to guard rails, as the approval records them."""
    said = {
        f"{DESTROYS}{destroys}": destroys is not None,
        "large": large,
        "new-state": new_state,
    }
    return frozenset(answer for answer, given in said.items() if given)


def _ask(cli: Cli, asked: QuestionPage, confirm: str | None) -> str | None:
    """The stack's name as it was typed; NotConfirmed unless the answer is a clear yes."""
    must_type = asked.type_the_name and confirm is None
    word = asked.run.stack if must_type else "yes"
    if must_type:
        cli.console.data(Cell("This destroys or replaces protected resources.", "red"))
    text = encode(
        f"Type `{word}` to approve this plan of {asked.run.stack} ({marks(asked.run)})", colours=False
    )
    ask_to_type(text, word, wish="approved", hint=_unseen(asked.run.id))
    return word if must_type else confirm


def _tell(cli: Cli, run: Run, standing: Standing) -> None:
    console = cli.console
    console.say(said_yes(run.name, run, standing, cli.person))
    if not standing.complete:
        console.say(f"It needs {words.counted(standing.missing, 'more approval')}.")
        console.hint(f"who may approve:   driftline stack show {run.stack}")
        return
    daemon = running_daemon(cli.app.settings.data_dir) is not None
    with cli.app.store.reading() as reader:
        view = one_stack(reader, cli.app.settings, cli.app.clock, cli.app.disk.shortage(), run.stack).view
    waits = _waits(view)
    if waits:
        console.say(f"It will be applied later: {waits}.")
        console.hint(view.lock.way_out if view.lock is not None else f"driftline stack show {run.stack}")
    elif daemon:
        console.say("The daemon is applying it.")
        console.hint(f"driftline logs -f {run.name}")
    else:
        console.hint(f"driftline apply {run.name}")


def _waits(view: View) -> str:
    """What keeps the approved run from being applied at once; a pause does not."""
    if view.open_change is None or view.open_change.claim is not None:
        return ""
    if view.open_check is not None and view.open_check.claim is not None:
        return f"{view.open_check.name} has not finished"
    rules = (rule for rule in CHANGE_RULES if rule.code in _HELD_BACK and rule.fits(view))
    return next((rule.sentence(view) for rule in rules), "")
