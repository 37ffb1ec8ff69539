"""What one message says: of one event, or of many that are told together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from runner.model.events.feed import FeedEvent
from runner.model.events.level import level_of
from runner.model.events.text import headline, stack_of
from runner.model.notify.form import Own
from runner.model.values.codec import to_plain
from runner.model.values.frozen import dataclass

Level = Literal["success", "info", "warning", "failure"]
SHOWN = 10  # names and events of many
_LEVELS: Mapping[str, Level] = {"error": "failure", "warning": "warning"}
_GOOD = frozenset({"run.applied", "drift.resolve", "check.pass"})
_WORST: tuple[Level, ...] = ("failure", "warning", "success", "info")


@dataclass(frozen=True)
class Told:
    """One event as people read it. `link` is empty without an address of the dashboard; `command` can be pasted."""

    id: int
    at: datetime
    topic: str
    subject: str
    happened: str
    stack: str | None
    why: str
    who: str
    link: str
    command: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """`key` is the same at every delivery; `conversation` is shared by all messages about one run or one drift.

    `count` events are in it, of which `told` are the first; `topics` counts them and `names` has the first stacks.
    """

    key: str
    conversation: str
    at: datetime
    title: str
    level: Level
    told: tuple[Told, ...]
    count: int = 1
    topics: Mapping[str, int] | None = None
    names: tuple[str, ...] = ()
    more_names: int = 0
    digest: bool = False
    test: bool = False

    @property
    def folded(self) -> bool:
        return self.topics is not None


def message_of(event: FeedEvent, address: str | None) -> Message:
    told = told_of(event, address)
    return Message(
        key=event.key,
        conversation=event.subject,
        at=event.at,
        title=_title(event),
        level=_level(event),
        told=(told,),
    )


def folded(events: Sequence[FeedEvent], address: str | None, *, digest: bool = False) -> Message:
    """All of the events in one message; its key and its conversation are of its first and last one."""
    first, last = events[0], events[-1]
    stacks = tuple(dict.fromkeys(name for name in map(stack_of, events) if name is not None))
    key = f"{first.key}-to-{last.id}"
    return Message(
        key=key,
        conversation=key,
        at=last.at,
        title=_counts(len(events), "event" if digest else "further event", len(stacks)),
        level=min(map(_level, events), key=_WORST.index),
        told=tuple(told_of(event, address) for event in events[:SHOWN]),
        count=len(events),
        topics=dict(Counter(event.topic for event in events).most_common()),
        names=stacks[:SHOWN],
        more_names=len(stacks[SHOWN:]),
        digest=digest,
    )


def _counts(events: int, name: str, stacks: int) -> str:
    of = f" of {stacks} stack{'' if stacks == 1 else 's'}" if stacks else ""
    return f"{events} {name}{'' if events == 1 else 's'}{of}"


def told_of(event: FeedEvent, address: str | None) -> Told:
    payload = event.payload
    return Told(
        id=event.id,
        at=event.at,
        topic=event.topic,
        subject=event.subject,
        happened=headline(event),
        stack=stack_of(event),
        why=getattr(payload, "reason", "") or getattr(payload, "comment", ""),
        who=getattr(payload, "by", "") or getattr(payload, "person", ""),
        link=Own(f"{address.rstrip('/')}{_page(event)}" if address else ""),
        command=Own(_command(event)),
        payload=to_plain(payload),
    )


def _title(event: FeedEvent) -> str:
    """The same for the whole conversation: mail programs group by subject too."""
    stack = stack_of(event)
    if stack is None or not (_run(event) or _report(event)):
        return headline(event)
    return f"{stack}: {'drift' if _report(event) else 'run'} ({event.subject})"


def _level(event: FeedEvent) -> Level:
    return "success" if event.topic in _GOOD else _LEVELS.get(level_of(event), "info")


def _page(event: FeedEvent) -> str:
    if _run(event):
        return f"/runs/{event.subject}"
    if _report(event):
        return f"/drift/{event.subject}"
    stack = stack_of(event)
    return "/" if stack is None else f"/stacks/{quote(stack)}"


def _command(event: FeedEvent) -> str:
    """By numbers only: a command must be exact, and a name could be taken for an address."""
    if event.topic == "run.awaiting_approval":
        return f"driftline approve {event.subject}"
    if _run(event):
        return f"driftline run show {event.subject}"
    return f"driftline drift show {event.subject}" if _report(event) else "driftline status"


def _run(event: FeedEvent) -> bool:
    """Whether it is about a run. Not by its subject: a stack may be called run-1."""
    return hasattr(event.payload, "run")


def _report(event: FeedEvent) -> bool:
    return hasattr(event.payload, "report")
