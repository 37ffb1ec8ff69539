"""Sensitive marks: which parts of a value terraform marks sensitive, and the value without them."""

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from typing import Any, Literal, TypeAlias

from runner.model.changes.changes import MASK, UNKNOWN

# `True` marks the whole value, a dict marks by key, a tuple holds one mark for all elements of a list: the
# elements of a set change their order, so an index does not say which one is secret.
Mark: TypeAlias = "Literal[True] | dict[str, Mark] | tuple[Mark] | None"


def read_mark(raw: Any) -> Mark:
    """Read a `before_sensitive` or `after_sensitive`; anything not understood marks the whole value."""
    match raw:
        case None | False:
            return None
        case dict():
            return {key: mark for key, part in raw.items() if (mark := read_mark(part)) is not None} or None
        case list():
            element = join(read_mark(part) for part in raw)
            return None if element is None else (element,)
        case _:
            return True


def join(marks: Iterable[Mark]) -> Mark:
    """Sensitive in any of them is sensitive in the result."""
    return reduce(_join, marks, None)


def _join(one: Mark, other: Mark) -> Mark:
    match one, other:
        case (None, mark) | (mark, None):
            return mark
        case dict(), dict():
            return {key: _join(one.get(key), other.get(key)) for key in one.keys() | other.keys()}
        case (tuple(), tuple()):
            return (_join(one[0], other[0]),)
        case _:
            return True


def mark_of(mark: Mark, key: str | int) -> Mark:
    """The mark of one part; the whole mark if value and mark have different shapes."""
    match mark, key:
        case dict(), str():
            return mark.get(key)
        case (tuple(), int()):
            return mark[0]
        case None, _:
            return None
        case _:
            return True


def unknown_of(unknown: Any, key: str | int) -> Any:
    """The part of an `after_unknown` for one part of the value."""
    match unknown, key:
        case True, _:
            return True
        case dict(), str():
            return unknown.get(key)
        case list(), int():
            return unknown[key] if key < len(unknown) else None
        case _:
            return None


def holds_unknown(unknown: Any) -> bool:
    match unknown:
        case dict():
            return any(map(holds_unknown, unknown.values()))
        case list():
            return any(map(holds_unknown, unknown))
        case _:
            return unknown is True


def masked(value: Any, mark: Mark, unknown: Any = None) -> Any:
    """The value with MASK for each sensitive part and UNKNOWN for values known after apply; null stays visible."""
    if unknown is True:
        return UNKNOWN
    if value is None:
        empty = _empty(unknown) if holds_unknown(unknown) else None
        return None if empty is None else masked(empty, mark, unknown)
    if mark is True:
        return MASK
    match value:
        case dict():
            keys = sorted({*value, *(unknown if isinstance(unknown, dict) else ())})  # terraform's order
            return {key: masked(value.get(key), mark_of(mark, key), unknown_of(unknown, key)) for key in keys}
        case list():
            return [masked(part, mark_of(mark, i), unknown_of(unknown, i)) for i, part in enumerate(value)]
        case _:
            return plain_number(value) if mark is None else MASK


def _empty(unknown: Any) -> Any:
    """What a value of which only parts are unknown is without them: terraform writes null for some."""
    return {} if isinstance(unknown, dict) else [None] * len(unknown)


def plain_number(value: Any) -> Any:
    """A number that was parsed exactly, as a Python number; as text if a float would lose digits."""
    if not isinstance(value, Decimal):
        return value
    return float(value) if Decimal(repr(float(value))) == value else str(value)
