"""Events, drawn."""

from datetime import datetime

from runner.cli.screen.output import Screen, Table
from runner.view.event import EventRow, EventRows, LetterRows
from runner.view.when import ago, rfc3339


def event_screen(rows: EventRows, now: datetime) -> Screen:
    yield Table(
        ("ID", "AT", "TOPIC", "SUBJECT", "WHAT"),
        [(str(row.id), ago(row.at, now), row.topic, row.subject, row.sentence) for row in rows],
        empty="No events yet. They begin with the first run:   driftline plan STACK",
    )


def followed_screen(of: EventRow) -> Screen:
    """One line, as it happens."""
    yield f"{rfc3339(of.at)}  {of.topic}  {of.subject}  {of.sentence}"


def letter_screen(rows: LetterRows, now: datetime) -> Screen:
    yield Table(
        ("CONSUMER", "ID", "SINCE", "TOPIC", "PROBLEM"),
        [(row.consumer, str(row.id), ago(row.since, now), row.topic, row.problem) for row in rows],
        empty="No dead letters.",
    )
