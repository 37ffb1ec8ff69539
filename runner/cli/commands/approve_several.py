"""Yes to several plans: one list, one question. Each yes is bound to the plan that the list shows."""

from collections.abc import Sequence

from runner.api.approvals import approve_run, ask_question, list_waiting
from runner.cli.invocation import Cli
from runner.cli.options import Labels, Named
from runner.cli.screen.question import SHORT, questions_screen, short
from runner.cli.screen.terminal import on_terminal
from runner.cli.several import Tally, agreed, these
from runner.errors import BadUsage, GuardrailHit
from runner.view.approved import Approved
from runner.view.question import QuestionPage
from runner.view.words import counted


def approve_several(
    cli: Cli,
    plans: Sequence[Named],
    labels: Labels,
    message: str,
    *,
    yes: bool,
    full: bool,
    output: str,
) -> int:
    """Those that cannot be approved in a list are shown and left out; so is what changed since it was shown."""
    wanted = list(dict.fromkeys(plans)) or [Named(run) for run in waiting(cli, labels)]
    if not wanted:
        cli.console.say("No runs of stacks with this label await approval.")
        return 0
    tally = Tally(cli.console)
    asked: list[tuple[Named, QuestionPage]] = []
    for named in wanted:
        with tally.each():
            asked.append((named, _asked(cli, named)))
    if not asked:
        return tally.worst
    if output == "table":
        pages = tuple(page for _, page in asked)
        cli.present(output, pages, lambda pages: questions_screen(pages, full=full))
    _agree(asked, yes=yes, shown=output == "table" and on_terminal())
    approved: list[Approved] = []
    for named, page in asked:
        with tally.each():
            done = cli.call(
                approve_run,
                named.run,
                digest=named.digest or page.run.binding_digest or "",
                seen=page.seen,
                comment=message,
            )
            approved.append(done)
            cli.console.say(said_yes(f"{done.run.id} of {done.run.stack}", done))
    cli.present(output, tuple(done.run for done in approved))
    _what_follows(cli, approved)
    return tally.worst


def waiting(cli: Cli, labels: Labels) -> list[int]:
    """The runs that wait for approval, of stacks with the labels."""
    return [run.number for run in cli.call(list_waiting, label=tuple(map("=".join, labels)))]


def _asked(cli: Cli, named: Named) -> QuestionPage:
    """What the list asks about one plan; refused where a yes in a list would not do."""
    page = cli.call(ask_question, named.run)
    if page.type_the_name:
        reasons = "; ".join(violation.sentence for violation in page.guard_rails)
        raise GuardrailHit(
            run=page.run.id,
            violation=f"{reasons}; approve this run separately",
            hint=f"driftline approve {page.run.id}",
        )
    return page


def _agree(asked: Sequence[tuple[Named, QuestionPage]], *, yes: bool, shown: bool) -> None:
    """A yes is to something that was seen: in this list on a terminal, or elsewhere and named by its digest."""
    if shown:
        if not yes:
            agreed(f"approve {these(len(asked), 'plan')}", wish="approved")
        return
    seen = " ".join(f"{one.run.id}@{(one.run.binding_digest or '')[:SHORT]}" for _, one in asked)
    if not yes:
        raise BadUsage("no terminal to prompt on", hint=f"driftline approve {seen} --yes")
    if any(named.digest is None for named, _ in asked):
        raise BadUsage(
            "--yes without a terminal needs the digest of each plan, to approve exactly the plans that were reviewed",
            hint=f"driftline approve {seen} --yes",
        )


def said_yes(name: str, done: Approved) -> str:
    return (
        f"{name} is approved by {done.by} ({done.approvals}), "
        f"plan {short(done.run.plan_digest)}, binding {short(done.run.binding_digest)}."
    )


def _what_follows(cli: Cli, approved: Sequence[Approved]) -> None:
    ready = [done for done in approved if done.complete]
    if len(ready) < len(approved):
        cli.console.say(f"More approvals needed for {counted(len(approved) - len(ready), 'plan')}.")
    if not ready:
        return
    if ready[-1].daemon:
        cli.console.say("The daemon applies approved plans.")
        cli.console.hint("driftline status")
    else:
        cli.console.hint("driftline daemon --once")
