"""The journal: the feed's events as lines of the daemon's log, each at a fitting level."""

from collections.abc import Collection, Mapping
from typing import Any

import structlog

from runner.model.events.feed import FeedEvent, RunMoved
from runner.model.run.life import Kind
from runner.model.values.codec import to_plain

# Other topics are logged as info.
LEVELS: Mapping[str, str] = {
    "run.queued": "debug",
    "run.planning": "debug",
    "run.superseded": "debug",
    "run.plan_failed": "warning",
    "run.drifted": "warning",
    "run.apply_failed": "error",
    "run.interrupted": "error",
    "drift.open": "warning",
    "drift.confirm": "warning",
    "drift.change": "warning",
    "drift.reopen": "warning",
    "apply.break_glass": "warning",
    "drift.contest": "warning",
    "promotion.straight": "warning",
    "stack.missing": "warning",
    "check.fail": "warning",
    "probe.distrust": "warning",
    "account.throttled": "warning",
    "backup.restore": "warning",
}
# In this order; missing or empty fields are left out.
_FIELDS = (
    "stack", "was", "check", "kind", "revision", "counted", "provider", "at_most", "until", "holder", "file", "made", "resources", "person", "by", "reason", "comment",
)  # fmt: skip


class Journal:
    """A consumer that never fails: the log itself copes with a broken stream."""

    name = "journal"
    topics: Collection[str] | None = None

    def take(self, event: FeedEvent) -> None:
        log = structlog.get_logger()
        getattr(log, level_of(event))(event.topic, subject=event.subject, **_fields(event))


def level_of(event: FeedEvent) -> str:
    """A check without findings is no news: thousands of stacks are checked each hour."""
    if (
        event.topic == "run.no_changes"
        and isinstance(event.payload, RunMoved)
        and event.payload.kind is Kind.DRIFT
    ):
        return "debug"
    return LEVELS.get(event.topic, "info")


def _fields(event: FeedEvent) -> dict[str, Any]:
    plain = to_plain(event.payload)
    return {name: plain[name] for name in _FIELDS if plain.get(name) not in {None, ""}}
