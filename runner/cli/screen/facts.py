"""What is known of a run, a plan or a report, drawn line by line: its name, and what it is."""

from collections.abc import Sequence

from runner.cli.screen.output import Cell, Colour, Line
from runner.model.approval.carried import Carried
from runner.model.changes.changes import Diagnostic
from runner.model.changes.diagnostic_text import diagnostic_rows
from runner.model.drift.ignored import IgnoredChange
from runner.model.policy.result import PolicyResult
from runner.view.terms import TermsView
from runner.view.words import counted

Fact = tuple[str, str | Cell]

MAX_IGNORED = 10  # lines; the JSON has all


def fact_lines(facts: Sequence[Fact]) -> list[Line]:
    return [[Cell(f"  {name:<12}  ", "dim"), value] for name, value in facts]


def terms_facts(terms: TermsView | None) -> list[Fact]:
    """What a yes needs, each with whose word that is."""
    if terms is None:
        return []
    return [
        ("mode", f"{terms.mode} ({terms.why['mode']})"),
        ("needs", f"{terms.needs} ({terms.why['required']})"),
    ]


def ignored_facts(found: Sequence[IgnoredChange]) -> list[Fact]:
    """What a plan changes although a drift rule ignores it."""
    more = [f"and {len(found) - MAX_IGNORED} more"] if len(found) > MAX_IGNORED else []
    rows = [f"! {one.sentence}" for one in found[:MAX_IGNORED]] + more
    return [("ignored" if not number else "", Cell(row, "yellow")) for number, row in enumerate(rows)]


def review_facts(of: Carried | None) -> list[Fact]:
    """Whether the plan of a merge does what was reviewed, and whose review does not count."""
    if of is None:
        return []
    but = f", but is asked about: {of.asked}" if of.asked else ""
    said: Cell = Cell(f"does what was reviewed in {of.pull}{but}", "green")
    if of.differences:
        said = Cell(f"! differs from what was reviewed in {of.pull}: {'; '.join(of.differences)}", "yellow")
    refused = (Cell(f"! a review does not count: {one}", "yellow") for one in of.refused)
    return [("review", said), *(("", one) for one in refused)]


def policy_facts(results: Sequence[PolicyResult]) -> list[Fact]:
    """What policies and checks say of a plan, denials first."""
    denied = [Cell(f"! denied by {_named(one)}: {said}", "red") for one in results for said in one.denials]
    warned = [Cell(f"! {one.kind} {one.name}: {said}", "yellow") for one in results for said in one.warnings]
    asked = [
        Cell(f"{_named(one)} asks for {counted(one.approvals, 'approval')}", "yellow")
        for one in results
        if one.approvals
    ]
    silent = sum(one.level == "pass" for one in results)
    rest = [Cell(f"{silent} of {len(results)} have no objection", "dim")] if silent else []
    return [
        ("policies" if not number else "", cell)
        for number, cell in enumerate([*denied, *warned, *asked, *rest])
    ]


def _named(of: PolicyResult) -> str:
    return f"{of.kind} {of.name}" + (f" ({of.reason})" if of.reason else "")


def diagnostic_lines(diagnostics: Sequence[Diagnostic]) -> list[Line]:
    """Terraform's own words, each with its place and the code there."""
    rows: list[Line] = []
    for one in diagnostics:
        colour: Colour = "red" if one.severity == "error" else "yellow"
        first, *more = diagnostic_rows(one)
        severity, _, summary = first.partition(" ")
        rows += [[Cell(severity, colour), f" {summary}"], *more]
    return rows
