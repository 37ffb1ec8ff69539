"""Yes to several plans: one list, one question. Each yes is bound to the plan that the list shows."""

from collections.abc import Iterable, Sequence

from runner.cli.options import Cli, Labels, Named
from runner.cli.run_document import run_document
from runner.cli.screen.output import Cell, Line
from runner.cli.screen.plan_view import SHORT, headline_lines, notable, plan_lines
from runner.cli.screen.terminal import on_terminal
from runner.cli.several import Tally, agreed, these, with_labels
from runner.datadir.daemon_lock import running_daemon
from runner.errors import BadUsage, GuardrailHit
from runner.model.approval.approval import Person
from runner.model.approval.rules import Standing
from runner.model.run.life import Run, State
from runner.service.approval.approve import Question, approve, question, refuse_early
from runner.view.facts import given
from runner.view.words import counted, counts

MOST_NAMED = 10  # resources of one plan; the rest is a number, and a command that shows them


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
    """Those that cannot be approved in a list are told and left out; so is what changed since it was shown."""
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
    if output == "json":
        cli.console.json([run_document(cli.app, run) for run in approved])
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
        told = "; ".join(violation.sentence for violation in asked.violations)
        raise GuardrailHit(
            run=asked.run.name,
            violation=f"{told}; approve this run separately",
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
    cli.console.table(
        ("RUN", "STACK", "KIND", "CHANGES", "APPROVALS", "TERMS", "PLAN", "BINDING"),
        [
            (
                one.run.name,
                one.run.stack,
                one.run.kind.value,
                counts(one.run.summary),
                given(one.standing),
                f"{one.terms.mode}, {one.terms.required} needed",
                (one.run.plan_digest or "-")[:SHORT],
                (one.run.binding_digest or "-")[:SHORT],
            )
            for one in asked
        ],
    )
    for one in asked:
        cli.console.data("", Cell(f"{one.run.name} of {one.run.stack}", "bold"), *notable(one))
        cli.console.data(*(plan_lines(one.changes, full=True) if full else _in_short(one)))


def _in_short(asked: Question) -> Iterable[Line]:
    lines = headline_lines(asked.changes)
    yield from lines[:MOST_NAMED]
    more = len(lines) - MOST_NAMED
    left_out = f"{counted(more, 'more change')} and all values" if more > 0 else "values"
    yield f"  {left_out} not shown; see   driftline run diff {asked.run.name}"


def said_yes(name: str, run: Run, standing: Standing, person: Person) -> str:
    return (
        f"{name} is approved by {person.name} ({given(standing)}), "
        f"plan {(run.plan_digest or '')[:SHORT]}, binding {(run.binding_digest or '')[:SHORT]}."
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
