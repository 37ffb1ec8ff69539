"""Yes to several plans: one list, one question. Each yes is bound to the plan that the list shows."""

from collections.abc import Sequence

from runner.cli.options import Cli, Labels, Named
from runner.cli.pages import pages_of
from runner.cli.screen.question import SHORT, questions_screen, short
from runner.cli.screen.terminal import on_terminal
from runner.cli.several import Tally, agreed, these, with_labels
from runner.datadir.daemon_lock import running_daemon
from runner.errors import BadUsage, GuardrailHit
from runner.model.approval.approval import Person
from runner.model.approval.rules import Standing
from runner.model.run.life import Run, State
from runner.service.approval.approve import Question, approve, question, refuse_early
from runner.view.facts import given
from runner.view.question import question_page
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
    person = cli.person  # before the look: who acts may have to put right what is looked at
    wanted = list(dict.fromkeys(plans)) or [Named(run) for run in waiting(cli, labels)]
    if not wanted:
        cli.console.say("No runs of stacks with this label await approval.")
        return 0
    tally = Tally(cli.console)
    asked: list[tuple[Named, Question]] = []
    for named in wanted:
        with tally.each():
            asked.append((named, _asked(cli, named, person)))
    if not asked:
        return tally.worst
    if output == "table":
        show_questions(cli, [one for _, one in asked], full=full)
    _agree(asked, yes=yes, shown=output == "table" and on_terminal())
    approved: list[Run] = []
    for named, one in asked:
        with tally.each():
            run, standing = approve(
                cli.app.control,
                cli.app.git,
                cli.app.modules,
                named.run,
                person,
                digest=named.digest or one.run.binding_digest or "",
                comment=message,
                shown=one,
            )
            approved.append(run)
            cli.console.say(said_yes(f"{run.name} of {run.stack}", run, standing, person))
    cli.present(output, pages_of(cli.app, approved))
    _what_follows(cli, approved)
    return tally.worst


def waiting(cli: Cli, labels: Labels) -> list[int]:
    """The runs that wait for approval, of stacks with the labels."""
    with cli.app.store.reading() as reader:
        stacks = {stack.name for stack in with_labels(reader, labels)}
        runs = reader.open_runs()
    return [run.id for run in runs if run.state is State.AWAITING_APPROVAL and run.stack in stacks]


def _asked(cli: Cli, named: Named, person: Person) -> Question:
    """What the list asks about one plan; refused where a yes in a list would not do."""
    with cli.app.store.reading() as reader:
        asked = question(cli.app.settings, cli.app.clock, reader, named.run)
    refuse_early(cli.app.control, asked, person, frozenset())
    if asked.type_the_name:
        reasons = "; ".join(violation.sentence for violation in asked.violations)
        raise GuardrailHit(
            run=asked.run.name,
            violation=f"{reasons}; approve this run separately",
            hint=f"driftline approve {asked.run.name}",
        )
    return asked


def _agree(asked: Sequence[tuple[Named, Question]], *, yes: bool, shown: bool) -> None:
    """A yes is to something that was seen: in this list on a terminal, or elsewhere and named by its digest."""
    if shown:
        if not yes:
            agreed(f"approve {these(len(asked), 'plan')}", wish="approved")
        return
    seen = " ".join(f"{one.run.name}@{(one.run.binding_digest or '')[:SHORT]}" for _, one in asked)
    if not yes:
        raise BadUsage("no terminal to prompt on", hint=f"driftline approve {seen} --yes")
    if any(named.digest is None for named, _ in asked):
        raise BadUsage(
            "--yes without a terminal needs the digest of each plan, to approve exactly the plans that were reviewed",
            hint=f"driftline approve {seen} --yes",
        )


def show_questions(cli: Cli, asked: Sequence[Question], *, full: bool) -> None:
    """The list, and under it what each plan would do."""
    pages = tuple(question_page(one, None, cli.app.settings) for one in asked)
    cli.present("table", pages, lambda pages: questions_screen(pages, full=full))


def said_yes(name: str, run: Run, standing: Standing, person: Person) -> str:
    return (
        f"{name} is approved by {person.name} ({given(standing)}), "
        f"plan {short(run.plan_digest)}, binding {short(run.binding_digest)}."
    )


def _what_follows(cli: Cli, approved: Sequence[Run]) -> None:
    ready = [run for run in approved if run.state is State.APPROVED]
    if len(ready) < len(approved):
        cli.console.say(f"More approvals needed for {counted(len(approved) - len(ready), 'plan')}.")
    if not ready:
        return
    if running_daemon(cli.app.settings.data_dir) is not None:
        cli.console.say("The daemon applies approved plans.")
        cli.console.hint("driftline status")
    else:
        cli.console.hint("driftline daemon --once")
