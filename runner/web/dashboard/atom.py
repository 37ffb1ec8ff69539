"""Drift reports as an Atom feed (RFC 4287)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from runner.model.changes.changes import SYMBOLS
from runner.model.drift.report import ReportStatus
from runner.model.values.text import safe_text
from runner.view.report import ReportPage
from runner.view.when import rfc3339

MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
MOST_RESOURCES = 20


def atom(reports: Sequence[ReportPage], base: str, now: datetime) -> bytes:
    """`base` is the address of the server. An entry has no values: readers keep them where we remove none."""
    feed = ET.Element("feed", xmlns=NAMESPACE)
    _text(feed, "id", f"{base}/drift")
    _text(feed, "title", "Driftline: drift")
    _text(feed, "updated", rfc3339(max(map(_changed_at, reports), default=now)))
    ET.SubElement(feed, "link", rel="self", href=f"{base}/drift.atom")
    ET.SubElement(feed, "link", rel="alternate", href=f"{base}/drift")
    for report in reports:
        _entry(feed, report, base)
    ET.indent(feed)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(feed: ET.Element, report: ReportPage, base: str) -> None:
    entry, page = ET.SubElement(feed, "entry"), f"{base}/drift/{report.id}"
    # Another drift of the same stack is another entry, though the report is the same.
    _text(entry, "id", f"{page}#{report.fingerprint[:16]}")
    _text(entry, "title", f"{report.stack} {_verb(report)}: {report.found}")
    _text(entry, "published", rfc3339(report.first_seen))
    _text(entry, "updated", rfc3339(_changed_at(report)))
    _text(ET.SubElement(entry, "author"), "name", "Driftline")
    ET.SubElement(entry, "link", rel="alternate", href=page)
    ET.SubElement(entry, "category", term=report.status.value)
    _text(entry, "summary", "\n".join(_lines(report)))


def _verb(report: ReportPage) -> str:
    if report.status is ReportStatus.OPEN:
        return "is contested" if report.contested else "has drifted"
    return f"is {report.status.value}"


def _lines(report: ReportPage) -> Iterator[str]:
    if report.contested is not None:
        yield f"Contested: {report.contested.reason}"
    known = report.acknowledgement
    if report.status is ReportStatus.ACKNOWLEDGED and known is not None:
        yield f"Acknowledged by {known.by} until {known.until:%Y-%m-%d %H:%M} UTC: {known.reason}"
    for row in report.resources[:MOST_RESOURCES]:
        kind = row.class_.replace("_", " ")
        yield f"{SYMBOLS[row.action].strip() or '='} {row.address} ({kind})"
    if len(report.resources) > MOST_RESOURCES:
        yield f"and {len(report.resources) - MOST_RESOURCES} more"


def _changed_at(report: ReportPage) -> datetime:
    """When somebody would want to read it again; that a check has seen it again is no news."""
    known, contest = report.acknowledgement, report.contested
    times = (report.resolved_at, known and known.at, contest and contest.since)
    return max((at for at in times if at), default=report.first_seen)


def _text(parent: ET.Element, name: str, text: str) -> None:
    """XML knows no control characters."""
    ET.SubElement(parent, name).text = safe_text(text, newlines=True)
