"""Deliver the feed's events to a consumer: in order, each at least once, and without blocking anything else."""

import random
from collections.abc import Sequence

from runner.errors import NotDelivered
from runner.model.events.feed import Cursor, FeedEvent, failed, waits
from runner.ports.basics import Clock
from runner.ports.feed import Consumer
from runner.ports.records.store import Store

PAGE = 100


def deliver(store: Store, clock: Clock, consumer: Consumer) -> int:
    """Deliver one page of events; returns how many were taken. A new consumer starts with future events.

    The cursor moves after the events were taken, so a process that dies in between delivers some of them
    again.
    """
    with store.reading() as reader:
        cursor = reader.cursor(consumer.name)
        head = reader.events_head()
        if cursor is not None and (cursor.position >= head or waits(cursor, clock.now())):
            return 0
        events = [] if cursor is None else reader.events(cursor.position, consumer.topics, PAGE)
    if cursor is None:
        save_cursor(store, Cursor(consumer.name, head))
        return 0
    for count, event in enumerate(events):
        try:
            consumer.take(event)
        except NotDelivered as error:
            put_off(store, clock, cursor.after(events[count - 1].id) if count else cursor, [event], error)
            return count
    # Events of other topics are skipped too: the next call starts after them, and retention may remove them.
    save_cursor(store, cursor.after(events[-1].id if len(events) == PAGE else head))
    return len(events)


def save_cursor(store: Store, cursor: Cursor) -> None:
    with store.writing() as writer:
        writer.save_cursor(cursor)


def put_off(
    store: Store, clock: Clock, cursor: Cursor, events: Sequence[FeedEvent], error: NotDelivered
) -> None:
    """Deliver them later, or, after the last attempt, keep them as dead letters."""
    later = failed(cursor, error.message, clock.now(), random.random())
    with store.writing() as writer:
        if later is None:
            for event in events:
                writer.bury(cursor.consumer, event, error.message)
        writer.save_cursor(later or cursor.after(events[-1].id, failures=cursor.failures + 1))
