"""When the events that wait for a notification are sent, and how many of them go into one message."""

from collections.abc import Sequence
from datetime import datetime

from runner.model.events.feed import Cursor
from runner.model.notify.terms import Terms

MOST = 1000  # events in one message


def may_send(terms: Terms, cursor: Cursor, now: datetime) -> bool:
    return terms.rate is None or terms.rate.left(cursor.sent, now) > 0


def together(terms: Terms, cursor: Cursor, waiting: int, now: datetime) -> bool:
    """Whether the events that wait go into one message: a digest, or more of them than messages may be sent."""
    if terms.digest is not None:
        return True
    return terms.rate is not None and waiting > max(1, terms.rate.left(cursor.sent, now))


def sent(terms: Terms, cursor: Cursor, position: int, now: datetime) -> Cursor:
    """The cursor behind a message that was sent now."""
    kept: Sequence[datetime] = () if terms.rate is None else (*terms.rate.recent(cursor.sent, now), now)
    return cursor.after(position, sent=tuple(kept), messages=cursor.messages + 1, last_sent=now)
