"""A change set of a size that a database, a page and a person can take: long values give way to their digest."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from runner.errors import PlanTooLarge
from runner.model.drift.report import Finding
from runner.model.plan.changes import AttributeChange, ChangeSet, OutputChange, ResourceChange
from runner.model.plan.line_changes import TALLEST, Marked, difference_rows, fitted
from runner.model.values.codec import to_plain

# Characters of one value as JSON: tried one after another, until all values together fit.
STEPS = (16_384, 1024, 128)
# Rows of a text's difference that are kept beside each of these.
ROWS = {16_384: 400, 1024: TALLEST, 128: 8}
ENOUGH = 4 << 20
MOST = 32 << 20
DIGITS = 32
T = TypeVar("T", AttributeChange, OutputChange)


def bounded(changes: ChangeSet) -> ChangeSet:
    """The same changes, with values that are long cut; PlanTooLarge where their addresses alone are too many.

    Of two values that differ only behind the cut the digests differ, so that the change is still seen.
    """
    return _fitted(changes, _changes, changes.summary.changes)


def bounded_findings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return _fitted(findings, lambda all_, most: tuple(_finding(one, most) for one in all_), len(findings))


def shortened(value: Any, most: int) -> Any:
    """The value, or the beginning of it with its length and digest."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if len(text) <= most:
        return value
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]
    kind = "characters" if isinstance(value, str) else "characters of JSON"
    told = f"cut from {len(text):,} {kind}, SHA-256 {digest}; the artifact plan.json has all of it"
    return f"{text[: most // 2]}... ({told})"


V = TypeVar("V")


def _fitted(value: V, cut: Callable[[V, int], V], count: int) -> V:
    small, size = value, 0
    for most in STEPS:
        small = cut(value, most)
        size = len(json.dumps(to_plain(small)))
        if size <= ENOUGH:
            return small
    if size > MOST:
        raise PlanTooLarge(count=count, size=size >> 20, most=MOST >> 20)
    return small


def _changes(changes: ChangeSet, most: int) -> ChangeSet:
    return replace(
        changes,
        resources=tuple(_resource(one, most) for one in changes.resources),
        outputs=tuple(_values(one, most) for one in changes.outputs),
        drift=tuple(_resource(one, most) for one in changes.drift),
    )


def _resource(resource: ResourceChange, most: int) -> ResourceChange:
    return replace(resource, attributes=_attributes(resource.attributes, most))


def _finding(finding: Finding, most: int) -> Finding:
    return replace(finding, attributes=_attributes(finding.attributes, most))


def _attributes(attributes: tuple[AttributeChange, ...], most: int) -> tuple[AttributeChange, ...]:
    return tuple(replace(_values(one, most), path=shortened(one.path, most)) for one in attributes)


def _values(change: T, most: int) -> T:
    """What differs is told row by row before the values are cut: behind the cut nobody would see it."""
    before, after = shortened(change.before, most), shortened(change.after, most)
    rows: Sequence[Marked] = change.difference
    if not rows and not change.unknown and (before, after) != (change.before, change.after):
        rows = difference_rows(change.before, change.after, ROWS[most])
    return replace(change, before=before, after=after, difference=tuple(fitted(rows, ROWS[most])))
