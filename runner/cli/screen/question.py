"""What a person is asked about plans, drawn."""

from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen.facts import (
    Fact,
    diagnostic_lines,
    fact_lines,
    ignored_facts,
    policy_facts,
    review_facts,
    terms_facts,
)
from runner.cli.screen.output import Cell, Line, Screen, Table
from runner.cli.screen.plan import apply_only_lines, headline_lines, plan_lines
from runner.model.approval.guardrails import POLICY
from runner.model.plan.text import summary_text
from runner.view.counts import summary_of
from runner.view.question import QuestionPage, QuestionPages
from runner.view.run import RunRow
from runner.view.when import ago
from runner.view.words import counted, counts

SHORT = 12  # characters of a digest that a person compares
MAX_NAMED = 10  # resources of one plan of several; the rest is a number, and a command that shows them
HEADS = ("RUN", "STACK", "KIND", "CHANGES", "APPROVALS", "TERMS", "PLAN", "BINDING")


def question_screen(of: QuestionPage, now: datetime, *, full: bool) -> Screen:
    """One plan: who made it, what stands in the way, and all that it would do."""
    yield Cell(of.run.id, "bold")
    yield from fact_lines([*_facts(of, now), *_notable(of)])
    yield ""
    yield from plan_lines(of.changes, full=full)
    yield ""
    yield from fact_lines(
        [
            ("digest", short(of.run.plan_digest or of.run.binding_digest)),  # of a preview no plan is kept
            ("fingerprint", short(of.run.fingerprint)),
            ("binding", short(of.run.binding_digest)),
        ]
    )
    yield from diagnostic_lines(of.warnings)


def questions_screen(asked: QuestionPages, *, full: bool) -> Screen:
    """The list, and under it what each plan would do."""
    yield Table(HEADS, [_row(one) for one in asked])
    for one in asked:
        yield ""
        yield Cell(f"{one.run.id} of {one.run.stack}", "bold")
        # What a person must not miss where the whole plan is not shown.
        yield from fact_lines(_notable(one))
        yield from apply_only_lines(one.changes)
        yield from plan_lines(one.changes, full=True) if full else _in_short(one)


def _facts(of: QuestionPage, now: datetime) -> list[Fact]:
    run = of.run
    by = f" (by {', '.join(of.approved_by)})" if of.approved_by else ""
    return [
        ("stack", run.stack),
        ("kind", f"{run.kind} run, {run.trigger}, requested by {run.requested_by}"),
        ("revision", _revision(of, now)),
        ("planned", _planned(of, now)),
        ("changes", summary_text(summary_of(run.summary))),
        ("approvals", f"{of.approvals}{by}"),
        *terms_facts(of.terms),
    ]


def _planned(of: QuestionPage, now: datetime) -> str:
    planned = f"{ago(of.run.planned_at, now)} with {of.engine} {of.run.engine_version or ''}".rstrip()
    return f"{planned}, last applied with {of.applied_with}" if of.applied_with else planned


def _notable(of: QuestionPage) -> list[Fact]:
    facts = list[Fact]()
    if of.renamed_from:
        facts.append(("renamed", f"from {of.renamed_from}; its state and terms apply to this stack"))
    if of.terms.nobody is not None:
        facts.append(("terms", Cell(f"! {of.terms.nobody}", "red")))
    facts += [("context", one.sentence) for one in of.contexts]
    facts += review_facts(of.reviews)
    if of.run.targets:
        facts.append(("targets", Cell(", ".join(of.run.targets), "yellow")))
    if of.changes.provisioners:
        facts.append(("runs", Cell(f"provisioners of {', '.join(of.changes.provisioners)}", "red")))
    if of.changes.actions:
        invoked = dict.fromkeys(one.address for one in of.changes.actions if not one.deferred)
        facts.append(("invokes", Cell(", ".join(invoked) or "nothing yet", "red")))
    if of.closed is not None:
        facts.append(("window", Cell(f"! {of.closed.sentence}; the apply waits until then", "yellow")))
    facts += ignored_facts(of.ignored)
    facts += policy_facts(of.policies)
    # The denials of policies are among the guard rails too.
    facts += [("guardrail", Cell(f"! {one.sentence}", "red")) for one in of.guard_rails if one.code != POLICY]
    return facts


def _revision(of: QuestionPage, now: datetime) -> str:
    commit, revision = of.commit, of.run.revision[:SHORT]
    if commit is None:
        return revision
    return f'{revision} "{commit.subject}" by {commit.author} <{commit.author_email}>, {ago(commit.at, now)}'


def _row(of: QuestionPage) -> tuple[str, ...]:
    return (
        of.run.id,
        of.run.stack,
        of.run.kind.value,
        counts(of.run.summary),
        of.approvals,
        f"{of.terms.mode}, {of.terms.required} needed",
        short(of.run.plan_digest),
        short(of.run.binding_digest),
    )


def _in_short(of: QuestionPage) -> Iterator[Line]:
    lines = headline_lines(of.changes)
    yield from lines[:MAX_NAMED]
    more = len(lines) - MAX_NAMED
    left_out = f"{counted(more, 'more change')} and all values" if more > 0 else "values"
    yield f"  {left_out} not shown; see   driftline run diff {of.run.id}"


def short(digest: str | None) -> str:
    return (digest or "-")[:SHORT]


def marks(of: RunRow) -> str:
    """Of a plan, and of all that a yes is bound to."""
    return f"plan {short(of.plan_digest)}, binding {short(of.binding_digest)}"
