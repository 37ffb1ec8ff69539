"""A message of EventBridge: a record of CloudTrail in an envelope. Anything else is poison, with the reason."""

import json
from collections.abc import Mapping
from typing import Any

from runner.model.suspects.event import TrailEvent
from runner.model.suspects.record import changed, time_in
from runner.model.values.frozen import dataclass

DETAIL_TYPE = "AWS API Call via CloudTrail"
LARGEST = 256 << 10  # bytes of a message; SQS allowed no more for many years, and EventBridge sends no more
_RECORD = ("eventID", "eventTime", "eventName", "eventSource")


@dataclass(frozen=True)
class Poison:
    reason: str


def read_message(body: str) -> TrailEvent | Poison | None:
    """None for a call that changed nothing, such as one that failed: an operator's own rule may let it through."""
    if len(body.encode(errors="replace")) > LARGEST:
        return Poison(f"it has more than {LARGEST >> 10} KiB")
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return Poison("it is not JSON")
    if not isinstance(envelope, Mapping):
        return Poison("it is not an event of EventBridge")
    if envelope.get("detail-type") != DETAIL_TYPE:
        return Poison(f"its detail-type is not {DETAIL_TYPE!r}: the rule has another pattern")
    record = envelope.get("detail")
    problem = _problem(record)
    return Poison(problem) if problem else changed(record)


def _problem(record: Any) -> str:
    said = record if isinstance(record, Mapping) else {}
    missing = [name for name in _RECORD if not isinstance(said.get(name), str)]
    if missing:
        return f"its detail has no {missing[0]}"
    return "" if time_in(said["eventTime"]) else "its eventTime is not a time"
