"""Deliver the feed to a notification: one message for each event, or for many of them together.

What waits is what lies behind the cursor: nothing else is kept, so a crash loses nothing.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from runner.errors import NotDelivered, StackNotFound
from runner.model.events.feed import Cursor, FeedEvent, RunMoved, waits
from runner.model.notify.batch import MOST, may_send, sent, together
from runner.model.notify.consumer import consumer_of, notification_of
from runner.model.notify.message import Message, folded, message_of
from runner.model.notify.terms import Declared, Terms
from runner.model.run.life import State
from runner.model.schedule.cron import next_fire
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass
from runner.ports.basics import Clock
from runner.ports.notify import Channel
from runner.ports.records.store import Reader, Store
from runner.service.cycle.feed import PAGE, put_off, save_cursor

# Events that are read at once, in a fifth of a millisecond, and seconds until the next ones. The daemon's loop waits for
# the interpreter as long, since each event is decoded in it, and it gets all of the time in between.
AT_ONCE, PAUSE = 20, 0.004
ASKS = "run.awaiting_approval"
IN_A_MOMENT = timedelta(seconds=30)  # more than the time between two looks for reviews


@dataclass(frozen=True)
class Notified:
    """A notification as it is configured. `consumer` has the cursor; `address` is the dashboard's."""

    name: str
    terms: Terms
    channel: Channel
    address: str | None

    @property
    def consumer(self) -> str:
        return consumer_of(self.name)


def begin_notifying(store: Store, notified: Sequence[Notified]) -> None:
    """New ones get what happens from now on; those that are not configured any more hold no event back."""
    wanted = {one.consumer for one in notified}
    with store.writing() as writer:
        known = {cursor.consumer for cursor in writer.cursors()}
        writer.forget_consumers(but=wanted | {one for one in known if notification_of(one) is None})
        for consumer in wanted - known:
            writer.save_cursor(Cursor(consumer, writer.events_head()))


def notify(store: Store, clock: Clock, to: Notified) -> bool:
    """Send what is due; whether there may be more at once."""
    with store.reading() as reader:
        now, cursor, head = clock.now(), reader.cursor(to.consumer), reader.events_head()
        if cursor is None or cursor.position >= head or waits(cursor, now):
            return False
        if not may_send(to.terms, cursor, now) or _collects(reader, to.terms, cursor, now):
            return False
    events, end, more = _waiting(store, to.terms, cursor, now)
    if to.terms.digest is not None and events and now < next_fire(to.terms.digest, events[0].at):
        save_cursor(store, cursor.moved(events[0].id - 1))
        return False
    last = _send(store, clock, to, cursor, events)
    if last is None:
        return False
    if end > last.position:
        save_cursor(store, last.moved(end))
    return more


def _waiting(store: Store, terms: Terms, cursor: Cursor, now: datetime) -> tuple[list[FeedEvent], int, bool]:
    """The events that it wants, how far was looked, and whether there may be more.

    A few at once, each time in a transaction of its own: thousands of events would hold up the daemon's loop, which
    waits for the interpreter, and writers, which wait for readers.
    """
    most = PAGE if terms.rate is None and terms.digest is None else MOST
    wanted: list[FeedEvent] = []
    after = cursor.position
    while True:
        with store.reading() as reader:
            head = reader.events_head()
            found = reader.events(after, terms.topics, AT_ONCE)
            declared = _declared(reader)
            undecided = _undecided(reader, found, now)
            known = [event for event in found if undecided is None or event.id < undecided.id]
            wanted += [
                event for event in known if terms.want(event, declared) and not _answered(reader, event)
            ]
        if undecided is not None:
            return wanted, undecided.id - 1, False
        if len(found) < AT_ONCE:
            return wanted, head, False
        after = found[-1].id
        if len(wanted) >= most:
            return wanted, after, True
        time.sleep(PAUSE)


def _answered(reader: Reader, event: FeedEvent) -> bool:
    """Whether it asks for an approval that reviews of the pull request have given in the meantime."""
    if event.topic != ASKS or not isinstance(event.payload, RunMoved):
        return False
    carried = reader.carried(event.payload.run)  # goes with its run
    if carried is None or not carried.counted:
        return False
    return reader.run(event.payload.run).state is not State.AWAITING_APPROVAL


def _undecided(reader: Reader, events: Sequence[FeedEvent], now: datetime) -> FeedEvent | None:
    """The first one that asks for an approval that reviews may give in a moment. Where that takes longer, people are asked."""
    asking = [
        (event, event.payload.run)
        for event in events
        if event.topic == ASKS and isinstance(event.payload, RunMoved) and now - event.at <= IN_A_MOMENT
    ]
    reviewed = {run.id for run in reader.runs_with_reviews()} if asking else set()
    return next((event for event, run in asking if run in reviewed), None)


def _collects(reader: Reader, terms: Terms, cursor: Cursor, now: datetime) -> bool:
    """Whether the digest of the next event is not due. One event is read, as this is asked each second."""
    if terms.digest is None:
        return False
    first = reader.events(cursor.position, terms.topics, 1)
    return bool(first) and now < next_fire(terms.digest, first[0].at)


def _send(
    store: Store, clock: Clock, to: Notified, cursor: Cursor, events: Sequence[FeedEvent]
) -> Cursor | None:
    """The cursor behind all of them; None where some have to wait."""
    rest = list(events)
    while rest:
        now = clock.now()
        if not may_send(to.terms, cursor, now):
            return None
        batch = rest if together(to.terms, cursor, len(rest), now) else rest[:1]
        try:
            to.channel.send(message_for(to, batch))
        except NotDelivered as error:
            put_off(store, clock, cursor, batch, error)
            return None
        # After it was sent: a process that dies in between sends it again, with the same key.
        cursor = sent(to.terms, cursor, batch[-1].id, clock.now())
        save_cursor(store, cursor)
        rest = rest[len(batch) :]
    return cursor


def message_for(to: Notified, events: Sequence[FeedEvent]) -> Message:
    if len(events) == 1:
        return message_of(events[0], to.address)
    return folded(events, to.address, digest=to.terms.digest is not None)


def _declared(reader: Reader) -> Declared:
    @cache
    def declared(name: str) -> tuple[StackDefinition, str] | None:
        try:
            stack = reader.stack(name)
        except StackNotFound:
            return None
        return stack.definition, stack.source

    return declared
