"""A plan on the screen: what terraform would do, who made it, and what stands in the way."""

from collections.abc import Sequence
from datetime import datetime

from runner.cli.screen.output import Cell, Colour, Console, Line
from runner.model.approval.approval import Commit
from runner.model.approval.terms import Terms
from runner.model.changes.attribute_text import Line as PlanLine
from runner.model.changes.attribute_text import attribute_lines
from runner.model.changes.changes import Action, ApplyOnly, AttributeChange, ChangeSet, Diagnostic
from runner.model.drift.ignored import IgnoredChange
from runner.model.evaluated.text import applied_lines
from runner.model.plan.text import headlines, lines, summary_text
from runner.model.run.life import Run
from runner.service.approval.approve import Question
from runner.view.facts import given
from runner.view.when import ago
from runner.view.words import counted

MOST_IGNORED = 10  # lines; the JSON has all
SHORT = 12  # characters of a digest that a person compares

_COLOURS: dict[Action, Colour] = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "red",
    Action.DELETE: "red",
    Action.READ: "cyan",
    Action.FORGET: "dim",
    Action.NO_OP: "dim",
}


def plan_lines(changes: ChangeSet, *, full: bool = False) -> list[Line]:
    return [_coloured(line) for line in lines(changes, full=full)]


def applied_look(changes: ApplyOnly) -> list[Line]:
    """What only the apply does: where it works, what it runs and invokes."""
    return [_coloured(line) for line in applied_lines(changes)]


def changed_lines(attributes: Sequence[AttributeChange], *, full: bool = False) -> list[Line]:
    return [_coloured(line) for line in attribute_lines(attributes, full=full)]


def _coloured(line: PlanLine) -> Cell:
    return Cell(line.text, _COLOURS[line.action] if line.action else "bold" if line.loud else None)


def show_plan(console: Console, run: Run, changes: ChangeSet, *, full: bool = False) -> None:
    """On stdout, under one line that says of which run."""
    console.data(Cell(f"{run.name} of {run.stack}", "bold"), *plan_lines(changes, full=full))


def header(asked: Question, commit: Commit | None, now: datetime) -> list[Line]:
    """What a person needs to know of a plan before its lines."""
    run, standing = asked.run, asked.standing
    by = f" (by {', '.join(a.person.name for a in standing.given)})" if standing.given else ""
    facts: list[tuple[str, str | Cell]] = [
        ("stack", run.stack),
        ("kind", f"{run.kind} run, {run.trigger}, requested by {run.requested_by}"),
        ("revision", _commit(run, commit, now)),
        (
            "planned",
            f"{ago(run.planned_at, now)} with {asked.stack.engine} {run.engine_version or ''}".rstrip(),
        ),
        ("changes", summary_text(run.summary)),
        ("approvals", f"{given(standing)}{by}"),
        *terms_facts(asked.terms),
    ]
    return [Cell(run.name, "bold"), *fact_lines([*facts, *_notable(asked)])]


def notable(asked: Question) -> list[Line]:
    """What a person must not miss where the whole plan is not shown: its guard rails, and what only the apply does."""
    return [*fact_lines(_notable(asked)), *applied_look(asked.changes)]


def headline_lines(changes: ChangeSet) -> list[Line]:
    """What happens to which resource, without its attributes."""
    return [_coloured(line) for line in headlines(changes)]


def _notable(asked: Question) -> list[tuple[str, str | Cell]]:
    run, facts = asked.run, list[tuple[str, str | Cell]]()
    if asked.renamed_from:
        facts.append(("renamed", f"from {asked.renamed_from}; its state and terms apply to this stack"))
    if asked.nobody is not None:
        facts.append(("terms", Cell(f"! {asked.nobody}", "red")))
    if run.targets:
        facts.append(("targets", Cell(", ".join(run.targets), "yellow")))
    if asked.changes.provisioners:
        facts.append(("runs", Cell(f"provisioners of {', '.join(asked.changes.provisioners)}", "red")))
    if asked.changes.actions:
        invoked = dict.fromkeys(one.address for one in asked.changes.actions if not one.deferred)
        facts.append(("invokes", Cell(", ".join(invoked) or "nothing yet", "red")))
    facts += ignored_facts(asked.ignored)
    facts += [("guardrail", Cell(f"! {violation.sentence}", "red")) for violation in asked.violations]
    return facts


def ignored_facts(found: Sequence[IgnoredChange]) -> list[tuple[str, str | Cell]]:
    """What it changes although a drift rule ignores it."""
    more = [f"and {len(found) - MOST_IGNORED} more"] if len(found) > MOST_IGNORED else []
    told = [f"! {one.sentence}" for one in found[:MOST_IGNORED]] + more
    return [("ignored" if not number else "", Cell(line, "yellow")) for number, line in enumerate(told)]


def terms_facts(terms: Terms | None) -> list[tuple[str, str | Cell]]:
    """What a yes needs, each with whose word that is."""
    if terms is None:
        return []
    return [
        ("mode", f"{terms.mode} ({terms.why('mode')})"),
        ("needs", f"{counted(terms.required, 'approval')} ({terms.why('required')})"),
    ]


def identity(run: Run) -> list[Line]:
    """The marks of a plan: of its bytes, of its meaning, and of all that a yes is bound to."""
    return [
        _fact("digest", (run.plan_digest or "-")[:SHORT]),
        _fact("fingerprint", (run.fingerprint or "-")[:SHORT]),
        _fact("binding", (run.binding_digest or "-")[:SHORT]),
    ]


def diagnostic_lines(diagnostics: Sequence[Diagnostic]) -> list[Line]:
    """Terraform's own words, each with its place in the code."""
    told: list[Line] = []
    for one in diagnostics:
        colour: Colour = "red" if one.severity == "error" else "yellow"
        told.append([Cell(f"{one.severity.capitalize()}:", colour), f" {one.summary}"])
        if one.file:
            told.append(
                f"  on {one.file}{f' line {one.line}' if one.line else ''}{f', in {one.address}' if one.address else ''}"
            )
        told += [f"  {line}" for line in one.detail.expandtabs(4).splitlines()]
    return told


def fact_lines(facts: Sequence[tuple[str, str | Cell]]) -> list[Line]:
    return [_fact(name, value) for name, value in facts]


def _fact(name: str, value: str | Cell) -> Line:
    return [Cell(f"  {name:<12}  ", "dim"), value]


def _commit(run: Run, commit: Commit | None, now: datetime) -> str:
    if commit is None:
        return run.revision[:SHORT]
    return f'{run.revision[:SHORT]} "{commit.subject}" by {commit.author} <{commit.author_email}>, {ago(commit.at, now)}'
