"""Addresses in terraform's order: `a[2]` comes before `a[10]`."""

import re

_INDEX = re.compile(r"\[(\d{1,18})\]")


def address_order(address: str) -> tuple[str | int, ...]:
    """A sort key: words alternate with indices."""
    parts = _INDEX.split(address)
    return tuple(int(part) if number % 2 else part for number, part in enumerate(parts))
