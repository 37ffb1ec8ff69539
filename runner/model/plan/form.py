"""What two documents of a plan must have in common to say the same: everything except their time and open orders."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

# A digest of each part of a document, with its key and the type of the resource.
Form = frozenset[str]
TIMES = frozenset({"timestamp"})
# Terraform writes these lists in the order of its maps, which is another one each time.
UNORDERED = frozenset({"relevant_attributes", "child_modules"})
BY_RESOURCE = frozenset({"resource_changes", "resource_drift"})


def form_of(document: Mapping[str, Any]) -> Form:
    """Equal for equal plans. It holds digests of secrets, so it stays in memory."""
    return frozenset(
        f"{label} {hashlib.sha256(canonical(part).encode()).hexdigest()}" for label, part in _parts(document)
    )


def differing(one: Form, other: Form) -> tuple[str, ...]:
    """The parts that differ, by their keys and types: `resource_changes of aws_vpc`."""
    return tuple(sorted({part.rpartition(" ")[0] for part in one ^ other}))


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if key in BY_RESOURCE and isinstance(value, list):
            yield key, len(value)
            yield from ((f"{key} of {_type(one)}", ordered("", one)) for one in value)
        elif key not in TIMES:
            yield key, ordered(key, value)


def _type(change: Any) -> str:
    return str(change.get("type", "?")) if isinstance(change, dict) else "?"


def ordered(key: str, value: Any) -> Any:
    """The value of this key, with the open orders made one."""
    if isinstance(value, dict):
        return {inner: ordered(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        items = [ordered("", item) for item in value]
        return sorted(items, key=canonical) if key in UNORDERED else items
    return value


def canonical(value: Any) -> str:
    """Numbers as they were parsed: `1` and `1.0` are different texts, and a decimal is not a text."""
    return json.dumps(value, sort_keys=True, default=lambda number: {"decimal": str(number)})
