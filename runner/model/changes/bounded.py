"""A change set small enough for a database, a page and a person: long values are replaced by their digest."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from runner.errors import PlanTooLarge
from runner.model.changes.changes import AttributeChange, ChangeSet, OutputChange, ResourceChange
from runner.model.changes.line_changes import TALLEST, Marked, difference_rows, fitted
from runner.model.values.codec import to_plain

# Limits on the characters of one value as JSON, tried in turn until all values together fit.
STEPS = (16_384, 1024, 128)
# Rows of a text's difference that are kept at each of these limits.
ROWS = {16_384: 400, 1024: TALLEST, 128: 8}
ENOUGH = 4 << 20
MAX_SIZE = 32 << 20
DIGITS = 32
T = TypeVar("T", AttributeChange, OutputChange)


def bounded(changes: ChangeSet) -> ChangeSet:
    """The same changes, with long values cut; PlanTooLarge if the addresses alone are too many.

    If two values differ only beyond the cut, their digests differ, so the change stays visible.
    """
    return fitted_values(changes, _changes, changes.summary.changes)


def shortened(value: Any, limit: int) -> Any:
    """The value, or its beginning with its length and digest."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if len(text) <= limit:
        return value
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]
    kind = "characters" if isinstance(value, str) else "characters of JSON"
    note = f"truncated from {len(text):,} {kind}, SHA-256 {digest}; the artifact plan.json has the full value"
    return f"{text[: limit // 2]}... ({note})"


V = TypeVar("V")


def fitted_values(value: V, cut: Callable[[V, int], V], count: int) -> V:
    small, size = value, 0
    for limit in STEPS:
        small = cut(value, limit)
        size = len(json.dumps(to_plain(small)))
        if size <= ENOUGH:
            return small
    if size > MAX_SIZE:
        raise PlanTooLarge(count=count, size=size >> 20, most=MAX_SIZE >> 20)
    return small


def _changes(changes: ChangeSet, limit: int) -> ChangeSet:
    return replace(
        changes,
        resources=tuple(_resource(one, limit) for one in changes.resources),
        outputs=tuple(_values(one, limit) for one in changes.outputs),
        drift=tuple(_resource(one, limit) for one in changes.drift),
    )


def _resource(resource: ResourceChange, limit: int) -> ResourceChange:
    return replace(resource, attributes=bounded_attributes(resource.attributes, limit))


def bounded_attributes(attributes: tuple[AttributeChange, ...], limit: int) -> tuple[AttributeChange, ...]:
    return tuple(replace(_values(one, limit), path=shortened(one.path, limit)) for one in attributes)


def _values(change: T, limit: int) -> T:
    """The difference is computed row by row before the values are cut: afterwards it might be lost."""
    before, after = shortened(change.before, limit), shortened(change.after, limit)
    rows: Sequence[Marked] = change.difference
    if not rows and not change.unknown and (before, after) != (change.before, change.after):
        rows = difference_rows(change.before, change.after, ROWS[limit])
    return replace(change, before=before, after=after, difference=tuple(fitted(rows, ROWS[limit])))
