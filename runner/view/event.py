"""Events of the feed, and those that a consumer could not take."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from runner.model.events.feed import DeadLetter, FeedEvent
from runner.model.events.text import sentence
from runner.model.values.codec import to_plain
from runner.model.values.frozen import dataclass
from runner.view.when import whole


@dataclass(frozen=True)
class EventRow:
    """The fields of `payload` are those of the topic; `sentence` says all of it."""

    id: int
    at: datetime
    topic: str
    subject: str
    payload: dict[str, Any]
    sentence: str


@dataclass(frozen=True)
class LetterRow(EventRow):
    consumer: str
    problem: str
    since: datetime


EventRows = tuple[EventRow, ...]
LetterRows = tuple[LetterRow, ...]


def event_rows(events: Iterable[FeedEvent]) -> EventRows:
    return tuple(map(event_row, events))


def event_row(of: FeedEvent) -> EventRow:
    return EventRow(
        id=of.id,
        at=whole(of.at),
        topic=of.topic,
        subject=of.subject,
        payload=to_plain(of.payload),
        sentence=sentence(of),
    )


def letter_rows(letters: Iterable[DeadLetter]) -> LetterRows:
    return tuple(map(_letter, letters))


def _letter(of: DeadLetter) -> LetterRow:
    return LetterRow(
        **vars(event_row(of.event)), consumer=of.consumer, problem=of.problem, since=whole(of.since)
    )
