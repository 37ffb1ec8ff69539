"""A change set of a size that a database, a page and a person can take: long values give way to their digest."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from runner.errors import PlanTooLarge
from runner.model.codec import to_plain
from runner.model.drift import Finding
from runner.model.plan import AttributeChange, ChangeSet, OutputChange, ResourceChange

# Characters of one value as JSON: tried one after another, until all values together fit.
STEPS = (16_384, 1024, 128)
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
    size = 0
    for most in STEPS:
        value = cut(value, most)
        size = len(json.dumps(to_plain(value)))
        if size <= ENOUGH:
            return value
    if size > MOST:
        raise PlanTooLarge(count=count, size=size >> 20, most=MOST >> 20)
    return value


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
    return replace(change, before=shortened(change.before, most), after=shortened(change.after, most))
