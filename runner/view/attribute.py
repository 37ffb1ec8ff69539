"""Attributes that change: from what, to what."""

from typing import Any

from runner.model.changes.changes import AttributeChange
from runner.model.values.frozen import dataclass

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AttributeRow:
    """`difference` are the rows that differ, such as `+ text`, where they say more than `before` and `after`."""

    path: str
    before: Any
    after: Any
    sensitive: bool
    unknown: bool
    forces_replacement: bool
    mark_only: bool  # the value stays; only whether it is sensitive changes
    difference: tuple[str, ...]


def attribute_row(of: AttributeChange) -> AttributeRow:
    return AttributeRow(**vars(of) | {"difference": written(of.difference)})


def attribute_change(row: AttributeRow) -> AttributeChange:
    return AttributeChange(**vars(row) | {"difference": marked(row.difference)})


def written(difference: Pairs) -> tuple[str, ...]:
    return tuple(f"{symbol} {text}" for symbol, text in difference)


def marked(rows: tuple[str, ...]) -> Pairs:
    """Each symbol is one character."""
    return tuple((row[0], row[2:]) for row in rows)
