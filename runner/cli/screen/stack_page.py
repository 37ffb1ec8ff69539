"""Everything about one stack, drawn."""

from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Colour, Line, Screen, Table
from runner.cli.screen.terms import Row, terms_rows
from runner.model.warm.provider import Way
from runner.view.healing import HealingView
from runner.view.newcomer import NewcomerPage
from runner.view.stack_page import ProbeView, StackPage
from runner.view.when import ago

RUN_HEADS = ("RUN", "KIND", "STATE", "WHEN", "REASON")


def stack_screen(page: StackPage, now: datetime) -> Screen:
    yield Cell(page.name, "bold")
    for name, value in (*_git(page), *_drift(page, now), *_rules(page)):
        if any(part.text if isinstance(part, Cell) else part for part in value):
            yield _fact(name, value)
    if page.last_runs:
        yield ""
        yield Table(
            RUN_HEADS,
            [
                (run.id, run.kind.value, cells.state(run), ago(run.changed_at, now), run.note)
                for run in page.last_runs
            ],
        )


def _git(page: StackPage) -> Iterator[Row]:
    applied = page.applied_revision[:12] if page.applied_revision else "nothing yet"
    folder = page.state_folder if page.state_folder != page.name else None
    yield "source", [f"{page.source}: {page.file}, root module {page.path}"]
    yield "renamed", [f"from {page.renamed_from}" if page.renamed_from else ""]
    place = f"managed, in the directory of {folder}" if folder else ""
    yield "state", ["; ".join(filter(None, [place, str(page.state) if page.state else ""]))]
    yield "left", [page.left or ""]
    yield "labels", [", ".join(f"{key}={value}" for key, value in sorted(page.labels.items()))]
    yield "engine", [_engine(page)]
    yield "executes", [_executes(page)]
    yield "depends on", [", ".join(page.depends_on)]
    yield "promotion", [page.promotion.sentence if page.promotion else ""]
    for number, taken in enumerate(page.takes):
        yield "takes" if not number else "", [taken.sentence]
    for number, used in enumerate(page.used_by):
        yield "gives" if not number else "", [used.sentence]
    yield "revision", [f"{page.branch or '?'}@{(page.revision or '')[:12]}, applied: {applied}"]
    if page.newest is not None:
        yield "newest", [Cell(f"{page.newest.revision[:12]} cannot be taken: {page.newest.problem}", "red")]
    partly = (f"{one.revision[:12]} by {one.run} ({one.outcome})" for one in page.partly_applied)
    yield "partly", [", ".join(partly)]
    yield "sync", [cells.sync(page.sync, page.applied_revision), f"  {page.sentence}"]
    if page.unknown_inputs:
        yield "inputs", [Cell("not fully known", "yellow"), f"  {'; '.join(page.unknown_inputs)}"]


def _executes(page: StackPage) -> Cell | str:
    if page.executes is None:
        return ""
    sentence = page.executes.sentence
    return Cell(sentence, "red") if page.executes.problem else sentence


def _engine(page: StackPage) -> str:
    last = next((run.engine_version for run in page.last_runs if run.engine_version), None)
    coming = page.engine_next
    if coming is not None and coming == last:
        versions = f" {last} at its last run and the next"
    else:
        at = (f" {last} at its last run" if last else "", f" {coming} at the next" if coming else "")
        versions = ",".join(filter(None, at))
    engine = f"{page.engine}{versions}, workspace {page.terraform_workspace}"
    return f"{engine}; {page.engine_asked}" if page.engine_asked else engine


def _drift(page: StackPage, now: datetime) -> Iterator[Row]:
    yield "drift", [cells.drift(page), f"  checked {ago(page.checked_at, now)}; {page.check.reason}"]
    yield "checks", [Cell("; ".join(check.sentence(now) for check in page.failing_checks), "yellow")]
    yield "last check", [last_check(page.probe) if page.probe.checked else ""]
    yield "health", [cells.HEALTH[page.health], f"  {page.health_reason}" if page.health_reason else ""]
    yield "note", [page.source_note]
    yield "report", [page.report or ""]


SINCE = "since they were first compared with a full plan"


def last_check(record: ProbeView) -> Cell:
    """How the last check was done, and why not by a probe."""
    match record.way:
        case Way.REPLAYED:
            return Cell(f"by its providers alone, {record.checks} {SINCE}")
        case Way.PROBED:
            why = f"; {record.reason}" if record.reason else ""
            return Cell(f"with warm providers, {record.checks} {SINCE}{why}")
        case Way.COMPARED:
            return Cell(f"with warm providers and with a full plan: {record.reason}")
        case Way.PLAIN:
            return Cell(f"in full: {record.reason}")
        case Way.FAILED:
            return Cell("failed")


def _rules(page: StackPage) -> Iterator[Row]:
    yield "approvals", [page.approvals]
    yield from terms_rows(page.terms)
    yield from _healing(page.healing)
    for number, context in enumerate(page.contexts):
        yield "contexts" if not number else "", [context.sentence]
    for number, window in enumerate(page.windows):
        colour: Colour = "green" if window.open else "yellow"
        by = Cell(f"  by {window.origin}", "dim")
        yield "windows" if not number else "", [Cell(window.sentence, colour), by]
    yield "memory", [page.memory]


def _healing(of: HealingView) -> Iterator[Row]:
    """Nothing where a stack only reports drift."""
    if of.action == "report" and not of.rules:
        return
    today = f"{of.today} of {of.per_day} heals in the last 24 hours"
    yield "on drift", [f"{of.action}  ", Cell(f"by {of.why}; {today}", "dim")]
    for rule in of.rules:
        yield "", [rule.sentence]


def newcomer_screen(page: NewcomerPage) -> Screen:
    yield Cell(page.name, "bold")
    yield _fact("source", [f"{page.source}: {page.at}"])
    yield _fact("health", [cells.HEALTH[page.health], f"  {page.problem}"])
    yield _fact("next", [page.next_step])


def _fact(name: str, value: list[Cell | str]) -> Line:
    return [Cell(f"  {name:<11} ", "dim"), *value]
