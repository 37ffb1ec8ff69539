"""An event as it could happen, to try a notification with."""

from dataclasses import fields
from datetime import datetime
from typing import Any, get_type_hints

from runner.model.events.feed import TOPICS, FeedEvent
from runner.model.run.life import Kind, State

_VALUES: dict[str, Any] = {
    "stack": "example",
    "status": "open",
    "by": "driftline",
    "reason": "a test",
    "kind": Kind.CHANGE,
}
_BY_TYPE: dict[Any, Any] = {int: 1, bool: True}


def sample(topic: str, now: datetime) -> FeedEvent:
    """About run-1 or dr-1 of a stack that is called example."""
    payload = TOPICS[topic]
    hints = get_type_hints(payload)
    values: dict[str, Any] = {
        one.name: State(topic.partition(".")[2])
        if hints[one.name] is State
        else _VALUES.get(one.name, _BY_TYPE.get(hints[one.name], f"example {one.name}"))
        for one in fields(payload)
    }
    subject = "run-1" if "run" in values else "dr-1" if "report" in values else "example"
    return FeedEvent(0, now, topic, subject, payload(**values))
