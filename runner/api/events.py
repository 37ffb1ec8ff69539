"""The event feed: what happened, and what consumers could not take."""

from fnmatch import fnmatchcase

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.model.events.feed import TOPICS
from runner.model.events.text import stack_of
from runner.model.values.frozen import dataclass
from runner.view.event import EventRows, LetterRows, event_rows, letter_rows

MOST = 10_000  # at once
LONGEST_GLOB = 100  # characters of one topic


@dataclass(frozen=True)
class EventsPage:
    """What comes after `position` was not looked at yet."""

    events: EventRows
    position: int


@operation("GET", "/feed", Role.VIEWER)
def list_events(
    caller: Caller,
    *,
    topic: tuple[str, ...] = (),
    stack: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> EventsPage:
    """The newest events, oldest first: of these topics, such as `run.*`, and of this stack."""
    topics, limit = topics_of(topic), min(limit, MOST)
    with caller.reading() as reader:
        found = reader.newest_events(topics, stack, limit, after)
        return EventsPage(event_rows(found), max(after, reader.events_head()))


@operation("GET", "/feed/next", Role.VIEWER)
def next_events(
    caller: Caller, *, after: int, topic: tuple[str, ...] = (), stack: str | None = None, limit: int = 500
) -> EventsPage:
    """The next events behind `after`, if there are any yet, oldest first."""
    limit = min(limit, MOST)
    with caller.reading() as reader:
        found = reader.events(after, topics_of(topic), limit)
        head = reader.events_head()
    position = found[-1].id if len(found) == limit else max(after, head)
    return EventsPage(event_rows(one for one in found if stack in {None, stack_of(one)}), position)


@operation("GET", "/feed/undelivered", Role.VIEWER)
def list_undelivered(caller: Caller) -> LetterRows:
    """What consumers could not take, and why."""
    with caller.reading() as reader:
        return letter_rows(reader.dead_letters())


def topics_of(globs: tuple[str, ...]) -> frozenset[str]:
    if any(len(glob) > LONGEST_GLOB for glob in globs):
        raise BadUsage(f"a topic has at most {LONGEST_GLOB} characters", hint="see docs/events.md")
    topics = frozenset(topic for topic in TOPICS if any(fnmatchcase(topic, glob) for glob in globs or "*"))
    if not topics:
        known = ", ".join(sorted({topic.partition(".")[0] + ".*" for topic in TOPICS}))
        raise BadUsage(
            f"no topic is called {' or '.join(globs)}", hint=f"driftline events --topic GLOB, of {known}"
        )
    return topics
