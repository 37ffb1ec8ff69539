"""A mapping whose keys were rewritten, such as masked: keys that became equal stay apart, so that nothing is lost."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def with_distinct_keys(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """In this order; the second of two equal keys gets ` (2)`."""
    found: dict[str, T] = {}
    for key, value in pairs:
        number, free = 1, key
        while free in found:
            number += 1
            free = f"{key} ({number})"
        found[free] = value
    return found
