"""Who probably created a resource: the first call among those that are known that names it and makes something."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from runner.model.suspects.event import TrailEvent

# How AWS names calls that make something. Whether others, such as `PutBucketPolicy`, make something new cannot be told.
_MAKES = ("Create", "Run", "Register", "Allocate", "Import", "Restore", "Copy", "Request")


def makes(event: TrailEvent) -> bool:
    return event.name.startswith(_MAKES)


def making(events: Iterable[TrailEvent]) -> Mapping[str, Sequence[TrailEvent]]:
    """Those that make something, by each ARN, id and name in them."""
    found: dict[str, list[TrailEvent]] = defaultdict(list)
    for event in events:
        if makes(event):
            for name in {*event.arns, *(value for _, value in event.names)}:
                found[name].append(event)
    return found


def creator(
    names: Iterable[str], account: str, made: Mapping[str, Sequence[TrailEvent]]
) -> TrailEvent | None:
    """None if no such call is known: what is known begins with the queue, and a resource may be older."""
    named = [event for name in names for event in made.get(name, ()) if event.account == account]
    return min(named, key=lambda event: (event.at, event.id), default=None)
