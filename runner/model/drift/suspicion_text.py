"""Who may have caused a drift, in words. Names, user agents and values come from others: faces show them as such."""

from collections.abc import Iterator

from runner.model.changes.value_text import shortened, value_text
from runner.model.drift.report import DriftReport, Finding
from runner.model.suspects.suspect import Suspect, Suspicion

MOST_SHOWN = 3
DOUBTFUL = 50  # percent: below it somebody is named as a possibility
_AT = "%Y-%m-%d %H:%M UTC"


def headline(report: DriftReport) -> str:
    """The best suspect of each resource, in one line."""
    suspicion = report.suspicion
    if suspicion is None:
        return ""
    lines = [line(report, one) for one in best(report)]
    shown = lines[:MOST_SHOWN]
    if more := len(lines) - len(shown):
        shown.append(f"and {more} more")
    if suspicion.unexplained:
        shown.append(nobody(suspicion))
    return "; ".join(shown)


def best(report: DriftReport) -> Iterator[Suspect]:
    """The first suspect of each resource, those that explain most certainly first."""
    suspicion = report.suspicion
    if suspicion is None:
        return iter(())
    first = {one.address: one for one in reversed(suspicion.suspects)}
    return iter(sorted(first.values(), key=lambda one: -one.confidence))


def line(report: DriftReport, of: Suspect) -> str:
    """Such as: backup_retention_period 14 -> 1 by ops-bot via AWS CLI, 2026-11-30 21:58 UTC, 93 %"""
    finding = next((one for one in report.findings if one.address == of.address), None)
    tool = f" via {of.tool}" if of.tool else ""
    perhaps = "perhaps " if of.confidence < DOUBTFUL else ""
    return f"{_what(of, finding)} {perhaps}by {of.who}{tool}, {of.at:{_AT}}, {of.confidence} %"


def _what(of: Suspect, finding: Finding | None) -> str:
    if not of.attributes:
        return f"{of.address} removed"
    first, *more = of.attributes
    changed = f"{of.address}: {first}{_values(first, finding)}"
    return f"{changed} and {len(more)} more" if more else changed


def _values(path: str, finding: Finding | None) -> str:
    """From what the code says to what is there; nothing where a value is secret or long."""
    change = next((one for one in finding.attributes if one.path == path), None) if finding else None
    if change is None or change.sensitive or change.unknown:
        return ""
    there, code = shortened(value_text(change.before, named=False), value_text(change.after, named=False))
    return f" {code} -> {there}" if len(code) + len(there) <= 80 else ""


def nobody(of: Suspicion) -> str:
    first, *more = of.unexplained
    others = f" and {len(more)} more" if more else ""
    return f"nobody found for {first}{others}"


def state(of: Suspicion) -> str:
    """How far it was looked for, so that nobody takes silence for an answer."""
    where = ", ".join(of.searched) or "nowhere"
    span = f"{of.since:{_AT}} to {of.until:{_AT}}"
    again = f"; looked up again at {of.next_look:{_AT}}, since CloudTrail is late" if of.next_look else ""
    return f"searched: {where}, {span}{again}"
