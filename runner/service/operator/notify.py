"""What people do about notifications: try one, and send or drop what it could not deliver."""

from collections.abc import Sequence
from dataclasses import replace

from runner.errors import NotFound
from runner.model.approval.approval import Person
from runner.model.events.feed import FeedEvent
from runner.model.notify.batch import MOST
from runner.model.notify.consumer import consumer_of
from runner.model.notify.message import message_of
from runner.model.notify.sample import sample
from runner.ports.basics import Clock
from runner.ports.records.store import Reader, Store
from runner.service.cycle.notify import Notified, message_for

SINGLE = 5  # dead letters that are sent one by one; more of them are one message


def try_out(to: Notified, topic: str, clock: Clock) -> None:
    """Send a sample of the topic, which says that it is a test; NotDelivered."""
    now = clock.now()
    message = message_of(sample(topic, now), to.address)
    # Never the key of an event: a receiver drops what it has seen.
    key = f"test-{now:%Y%m%dT%H%M%S.%f}"
    to.channel.send(replace(message, key=key, conversation=key, test=True))


def retry(store: Store, to: Notified, event: int | None, person: Person) -> int:
    """Send its dead letters, or one of them, again; how many. NotDelivered, and what was not sent stays."""
    with store.reading() as reader:
        events = _letters(reader, to.name, event)
    size = 1 if len(events) <= SINGLE else MOST
    for start in range(0, len(events), size):
        batch = events[start : start + size]
        to.channel.send(message_for(to, batch))
        # After it was sent: a process that dies in between has them sent again, with the same key.
        _remove(store, to.name, batch, person, "notify.retry")
    return len(events)


def drop(store: Store, notification: str, event: int | None, person: Person) -> int:
    """Forget its dead letters, or one of them; how many."""
    with store.reading() as reader:
        events = _letters(reader, notification, event)
    _remove(store, notification, events, person, "notify.drop")
    return len(events)


def _letters(reader: Reader, notification: str, event: int | None) -> list[FeedEvent]:
    found = [letter.event for letter in reader.dead_letters(consumer_of(notification))]
    if event is None:
        return found
    wanted = [one for one in found if one.id == event]
    if not wanted:
        raise NotFound(
            f'event {event} is no dead letter of notification "{notification}"',
            hint="driftline events --dead",
        )
    return wanted


def _remove(
    store: Store, notification: str, events: Sequence[FeedEvent], person: Person, action: str
) -> None:
    if events:
        with store.writing() as writer:
            writer.unbury(consumer_of(notification), [event.id for event in events])
            writer.audit_note(
                person.name, action, notification, {"events": len(events), "first": events[0].id}
            )
