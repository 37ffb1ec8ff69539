"""Frozen values as plain JSON data, and back: what SQLite and artifacts hold."""

import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")
Read = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """Dataclasses become objects, tuples lists, enums their values, times RFC 3339 text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, tuple | list):
        return [to_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: to_plain(one) for key, one in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def from_plain(kind: type[T], data: Any) -> T:
    """The value that `to_plain` was given. A key that the class no longer has is passed over, as after an upgrade."""
    reader: Read = _reader(typing.cast("typing.Hashable", kind))
    value: T = reader(data)
    return value


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Read:
    """How to read one type, worked out once."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        return _optional(tuple(arg for arg in args if arg is not type(None)))
    if origin is tuple:
        return _tuple(_reader(args[0]))
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind)
    if kind is datetime:
        return datetime.fromisoformat
    if isinstance(kind, type) and (issubclass(kind, Enum) or (issubclass(kind, float) and kind is not float)):
        return kind
    return lambda data: data


def _optional(kinds: tuple[Any, ...]) -> Read:
    """`X | None`; a union of plain kinds, such as `int | str`, is its own JSON."""
    read = _reader(kinds[0]) if len(kinds) == 1 else lambda data: data
    return lambda data: None if data is None else read(data)


def _tuple(read: Read) -> Read:
    return lambda data: tuple(read(one) for one in data)


def _dataclass(kind: type) -> Read:
    hints = typing.get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _names(kind)}

    def read(data: dict[str, Any]) -> Any:
        return kind(**{name: readers[name](value) for name, value in data.items() if name in readers})

    return read
