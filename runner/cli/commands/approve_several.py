"""Yes to several plans: one list, one question. Each yes is bound to the plan that the list shows."""

from collections.abc import Iterator, Sequence

from runner.api.answers import Approving, approve_runs, ask_questions
from runner.api.daemon import show_daemon
from runner.cli.answering import NO_ANSWER, Choice, Outcomes, answer_all
from runner.cli.invocation import Cli
from runner.cli.options import Named
from runner.cli.screen.asking import ask_to_type
from runner.cli.screen.output import Cell
from runner.cli.screen.question import SHORT, marks, questions_screen, short
from runner.cli.screen.terminal import on_terminal
from runner.cli.several import agreed, batches, these
from runner.errors import BadUsage, GuardrailHit, NotConfirmed
from runner.model.run.life import State
from runner.view.answered import Answered, AnsweredRuns
from runner.view.question import QuestionPage
from runner.view.run import RunRow
from runner.view.words import counted

Asked = dict[int, QuestionPage]
REVIEWED = "A review counts for the plan of the merge if that does the same (apply.on_merge)."
PAGES = 50  # in one answer of a server: each may be a long plan


def approve_several(
    cli: Cli,
    plans: Sequence[Named],
    choice: Choice,
    message: str,
    *,
    yes: bool,
    full: bool,
    output: str,
) -> int:
    """Those that cannot be approved are told and left out; so is what changed since it was shown."""
    wanted = _by_run(plans) or dict.fromkeys(choice.runs(cli, State.AWAITING_APPROVAL))
    outcomes = Outcomes(cli, list(wanted))
    if not wanted:
        cli.console.say("No runs of these stacks await approval.")
    asked = dict(_ask(cli, outcomes))
    shown = output == "table" and on_terminal()
    if not shown or yes:
        asked = _without_protected(asked, outcomes)
    if asked:
        if output == "table":
            cli.present(output, tuple(asked.values()), lambda pages: questions_screen(pages, full=full))
        typed = _agree(cli, asked, wanted, outcomes, yes=yes, shown=shown)
        answers = {
            run: Approving(run, wanted[run] or page.run.binding_digest or "", page.seen, typed.get(run))
            for run, page in asked.items()
            if run in typed or not page.type_the_name
        }

        def approve(some: tuple[Approving, ...]) -> AnsweredRuns:
            return cli.call(approve_runs, approving=some, comment=message)

        for done in answer_all(outcomes, answers, approve):
            if done.run is not None:
                cli.console.say(said_yes(f"{done.id} of {done.run.stack}", done.run, done.by, done.approvals))
        _what_follows(cli, outcomes)
    cli.present(output, outcomes.all)
    return outcomes.code


def _by_run(plans: Sequence[Named]) -> dict[int, str | None]:
    """The digest that was given for each run. Two for the same run could mean either of two plans."""
    wanted: dict[int, str | None] = {}
    for one in plans:
        if wanted.get(one.run) not in {None, one.digest} and one.digest is not None:
            raise BadUsage(
                f"two digests given: run-{one.run}@{wanted[one.run]} and run-{one.run}@{one.digest}"
            )
        wanted[one.run] = one.digest or wanted.get(one.run)
    return wanted


def _ask(cli: Cli, outcomes: Outcomes) -> Iterator[tuple[int, QuestionPage]]:
    for some in batches(outcomes.wanted, PAGES):
        found = {one.id: one for one in cli.call(ask_questions, runs=some)}
        for run in some:
            asked = found.get(f"run-{run}")
            if asked is not None and asked.page is not None:
                yield run, asked.page
            elif asked is not None and asked.error is not None:
                outcomes.note(Answered(asked.id, "refused", error=asked.error))
            else:
                outcomes.lose([f"run-{run}"], NO_ANSWER)


def _without_protected(asked: Asked, outcomes: Outcomes) -> Asked:
    """Nobody is there to type the name of a stack: those plans are approved one by one."""
    for page in asked.values():
        if page.type_the_name:
            outcomes.refuse(page.run.id, _protected(page), page.run)
    return {run: page for run, page in asked.items() if not page.type_the_name}


def _protected(page: QuestionPage) -> GuardrailHit:
    reasons = "; ".join(violation.sentence for violation in page.guard_rails)
    return GuardrailHit(
        run=page.run.id,
        violation=f"{reasons}; approve this run separately",
        hint=f"driftline approve {page.run.id}",
    )


def _agree(
    cli: Cli, asked: Asked, wanted: dict[int, str | None], outcomes: Outcomes, *, yes: bool, shown: bool
) -> dict[int, str]:
    """The names that were typed. A yes is to something that was seen: in this list on a terminal, or elsewhere and named by its digest."""
    if not shown:
        _refuse_blind(asked, wanted, yes=yes)
        return {}
    plain = [page for page in asked.values() if not page.type_the_name]
    if plain and not yes:
        agreed(f"approve {these(len(plain), 'plan')}", wish="approved")
    return {
        run: page.run.stack
        for run, page in asked.items()
        if page.type_the_name and _typed(cli, page, outcomes)
    }


def _typed(cli: Cli, page: QuestionPage, outcomes: Outcomes) -> bool:
    """Whether the name of the stack was typed for a plan that destroys what is protected."""
    reasons = "; ".join(violation.sentence for violation in page.guard_rails)
    cli.console.data(Cell(f"{page.run.id} of {page.run.stack}: {reasons}", "red"))
    try:
        ask_to_type(
            f"Type `{page.run.stack}` to approve this plan too ({marks(page.run)})",
            page.run.stack,
            wish=f"approved for {page.run.stack}",
            hint=f"driftline approve {page.run.id}",
        )
    except NotConfirmed as declined:
        outcomes.refuse(page.run.id, declined, page.run)
        return False
    return True


def _refuse_blind(asked: Asked, wanted: dict[int, str | None], *, yes: bool) -> None:
    seen = " ".join(f"{page.run.id}@{(page.run.binding_digest or '')[:SHORT]}" for page in asked.values())
    if not yes:
        raise BadUsage("no terminal to prompt on", hint=f"driftline approve {seen} --yes")
    if any(wanted[run] is None for run in asked):
        raise BadUsage(
            "--yes without a terminal needs the digest of each plan, to approve exactly the plans that were reviewed",
            hint=f"driftline approve {seen} --yes",
        )


def said_yes(name: str, run: RunRow, by: str, approvals: str) -> str:
    # The plan of a preview was deleted once it was read.
    plan = f"plan {short(run.plan_digest)}, " if run.plan_digest else ""
    return f"{name} is approved by {by} ({approvals}), {plan}binding {short(run.binding_digest)}."


def _is_review(of: Answered) -> bool:
    return of.run is not None and of.run.state is State.PLANNED


def _what_follows(cli: Cli, outcomes: Outcomes) -> None:
    done = outcomes.done("approved")
    approved = [one for one in done if not _is_review(one)]
    if len(approved) < len(done):
        cli.console.say(REVIEWED)
    lacking = sum(one.missing > 0 for one in approved)
    if lacking:
        cli.console.say(f"More approvals needed for {counted(lacking, 'plan')}.")
    if lacking == len(approved):
        return
    if cli.call(show_daemon).pid is not None:
        cli.console.say("The daemon applies approved plans.")
        cli.console.hint("driftline status")
    else:
        cli.console.hint("driftline daemon --once")
