"""How much attention an event deserves."""

from collections.abc import Mapping

from runner.model.events.feed import FeedEvent, RunMoved
from runner.model.run.life import Kind

# Other topics are info.
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


def level_of(event: FeedEvent) -> str:
    """A check without findings is no news: thousands of stacks are checked each hour."""
    if (
        event.topic == "run.no_changes"
        and isinstance(event.payload, RunMoved)
        and event.payload.kind is Kind.DRIFT
    ):
        return "debug"
    return LEVELS.get(event.topic, "info")
