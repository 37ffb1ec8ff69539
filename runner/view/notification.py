"""Notifications: what each is for, and how its delivery goes."""

from collections import Counter
from datetime import datetime

from runner.model.events.feed import Cursor
from runner.model.notify.consumer import consumer_of
from runner.model.notify.terms import Terms
from runner.model.notify.topics import DEFAULT
from runner.model.settings.notifications import Notification
from runner.model.settings.server import Settings
from runner.model.stack.match import match_text
from runner.model.values.frozen import dataclass
from runner.ports.records.feed import FeedReader
from runner.view.when import whole


@dataclass(frozen=True)
class NotificationRow:
    """`way` is the scheme of its address, whose other parts may be secrets. `waiting` events are not delivered yet, the
    oldest of them since `waiting_since`; `problem` is why the last attempt failed.
    """

    name: str
    way: str
    topics: tuple[str, ...]
    match: str
    at_most: str | None
    digest: str | None
    waiting: int
    waiting_since: datetime | None
    problem: str
    tries: int
    next_try: datetime | None
    dead_letters: int
    messages: int
    failures: int
    last_sent: datetime | None

    @property
    def pace(self) -> str:
        if self.digest:
            return f"digest {self.digest}"
        return f"at most {self.at_most}" if self.at_most else "each event"


@dataclass(frozen=True)
class Handled:
    """How many dead letters were sent or dropped."""

    notification: str
    events: int


NotificationRows = tuple[NotificationRow, ...]


def notification_rows(reader: FeedReader, settings: Settings) -> NotificationRows:
    dead = Counter(letter.consumer for letter in reader.dead_letters())
    return tuple(_row(reader, one, dead[consumer_of(one.name)]) for one in settings.notifications)


def _row(reader: FeedReader, of: Notification, dead: int) -> NotificationRow:
    consumer = consumer_of(of.name)
    cursor = reader.cursor(consumer) or Cursor(consumer, reader.events_head())
    waiting, since = reader.waiting(cursor.position, Terms.of(of).topics)
    return NotificationRow(
        name=of.name,
        way=of.way,
        topics=of.topics or DEFAULT,
        match=match_text(of.match),
        at_most=of.at_most,
        digest=of.digest,
        waiting=waiting,
        waiting_since=since and whole(since),
        problem=cursor.problem,
        tries=cursor.tries,
        next_try=cursor.next_try and whole(cursor.next_try),
        dead_letters=dead,
        messages=cursor.messages,
        failures=cursor.failures,
        last_sent=cursor.last_sent and whole(cursor.last_sent),
    )
