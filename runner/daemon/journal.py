"""The journal: the feed's events as lines of the daemon's log, each at a fitting level."""

from collections.abc import Collection
from typing import Any

from runner.host.log import log
from runner.model.events.feed import FeedEvent
from runner.model.events.level import level_of
from runner.model.values.codec import to_plain

# In this order; missing or empty fields are left out.
_FIELDS = (
    "stack", "was", "check", "kind", "revision", "counted", "provider", "at_most", "until", "holder", "file", "made", "resources", "person", "by", "reason", "comment",
)  # fmt: skip


class Journal:
    """A consumer that never fails: the log itself copes with a broken stream."""

    name = "journal"
    topics: Collection[str] | None = None

    def take(self, event: FeedEvent) -> None:
        getattr(log, level_of(event))(event.topic, subject=event.subject, **_fields(event))


def _fields(event: FeedEvent) -> dict[str, Any]:
    plain = to_plain(event.payload)
    return {name: plain[name] for name in _FIELDS if plain.get(name) not in {None, ""}}
