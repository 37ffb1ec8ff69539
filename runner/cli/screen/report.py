"""Drift reports, drawn."""

from collections.abc import Iterator
from datetime import datetime

from runner.cli.screen.facts import Fact, fact_lines
from runner.cli.screen.output import Cell, Colour, Line, Screen, Table
from runner.cli.screen.plan import apply_only_lines, changed_lines
from runner.model.changes.changes import SYMBOLS
from runner.model.drift.report import ReportStatus
from runner.view.report import FindingRow, ReportPage, ReportPages
from runner.view.suspect import SuspicionView
from runner.view.when import ago
from runner.view.words import times

HEADS = ("REPORT", "STACK", "STATUS", "FOUND", "FIRST SEEN", "LAST SEEN", "SEEN", "NOTE")
_STATUS: dict[ReportStatus, Cell] = {
    ReportStatus.OPEN: Cell("● open", "yellow"),
    ReportStatus.ACKNOWLEDGED: Cell("○ acknowledged", "dim"),
    ReportStatus.RESOLVED: Cell("✔ resolved", "green"),
}


def reports_screen(reports: ReportPages, now: datetime) -> Screen:
    yield Table(
        HEADS,
        [_row(report, now) for report in reports],
        empty="No unresolved drift reports. Check now with:   driftline drift check --all",
    )


def _row(of: ReportPage, now: datetime) -> tuple[str | Cell, ...]:
    return (
        of.id,
        of.stack,
        _STATUS[of.status],
        of.found,
        ago(of.first_seen, now),
        ago(of.last_seen, now),
        str(of.seen),
        of.note(now),
    )


def report_screen(of: ReportPage, now: datetime, *, full: bool) -> Screen:
    facts: list[Fact] = [
        ("stack", of.stack),
        ("status", _STATUS[of.status]),
        ("revision", of.revision[:12]),
        ("seen", f"{times(of.seen)}, first {ago(of.first_seen, now)}, last {ago(of.last_seen, now)}"),
        ("note", of.note(now)),
    ]
    yield Cell(of.id, "bold")
    yield from fact_lines([fact for fact in facts if fact[1]])
    for finding in of.resources:
        yield ""
        yield from _finding(finding, full=full)
    if of.cause is not None:
        yield ""
        yield from _cause(of.cause)
    if besides := apply_only_lines(of.apply):
        yield ""
        yield Cell("Healing also does this:", "bold")
        yield from besides


def _finding(of: FindingRow, *, full: bool) -> list[Line]:
    kind = of.class_.replace("_", " ")
    left = f", {of.revision[:12]}, left by {of.run}" if of.run else ""
    deposed = f", deposed object {of.deposed}, replaced but not destroyed yet" if of.deposed else ""
    reason = f", {of.reason}" if of.reason else ""
    colour: Colour = "yellow" if of.counts else "dim"
    return [
        Cell(f"{SYMBOLS[of.action]:>3} {of.address}  # {kind}{left}{deposed}{reason}", colour),
        *changed_lines(of.attributes, full=full),
    ]


def _cause(of: SuspicionView) -> Iterator[Line]:
    yield Cell("Who did it:", "bold")
    for one in of.suspects:
        yield f"  {one.says}"
        address = f" from {one.ip}" if one.ip else ""
        yield Cell(f"    {one.event} of {one.service}{address}: {'; '.join(one.reasons)}", "dim")
    for resource in of.nobody:
        yield f"  {resource}: nobody found"
    yield from (Cell(f"  ! {problem}", "yellow") for problem in of.problems)
    yield Cell(f"  {of.says}", "dim")
