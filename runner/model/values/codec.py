"""Frozen values as plain JSON data, and back: what SQLite and artifacts hold, and what a worker elsewhere would get."""

import builtins
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Convert = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """Dataclasses become objects, tuples lists, enums their values, times ISO 8601 text, paths text."""
    return _writer(value.__class__)(value)


@lru_cache(maxsize=256)
def _writer(kind: type) -> Convert:
    if is_dataclass(kind):
        return _write_dataclass
    return next((write for known, write in _WRITERS if issubclass(kind, known)), _as_it_is)


def _write_dataclass(value: Any) -> Any:
    return {name: to_plain(getattr(value, name)) for name in _names(value.__class__)}


_WRITERS: tuple[tuple[type, Convert], ...] = (
    (Enum, lambda value: value.value),
    (datetime, datetime.isoformat),
    (Path, str),
    (tuple, lambda value: [to_plain(one) for one in value]),
    (list, lambda value: [to_plain(one) for one in value]),
    (dict, lambda value: {key: to_plain(one) for key, one in value.items()}),
)


def from_plain(kind: type[T], data: Any) -> T:
    """The value that `to_plain` was given; ValueError where a part is missing that has no default.

    A key that the class no longer has is passed over, so that rows outlive an upgrade.
    """
    read: Convert = _reader(typing.cast("typing.Hashable", kind))
    value: T = read(data)
    return value


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _as_it_is(data: Any) -> Any:
    return data


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Convert:
    """How to read one type, worked out once."""
    args = typing.get_args(kind)
    match typing.get_origin(kind):
        case typing.Union | types.UnionType:
            return _optional(tuple(arg for arg in args if arg is not types.NoneType))
        case builtins.tuple:
            return _tuple(args)
        case builtins.dict:
            return _dict(_reader(args[1]))
        case _:
            return _class(kind) if isinstance(kind, type) else _as_it_is


def _class(kind: type) -> Convert:
    if is_dataclass(kind):
        return _dataclass(kind)
    if kind is datetime:
        return datetime.fromisoformat
    return kind if issubclass(kind, Enum | Path | float) else _as_it_is


def _optional(kinds: tuple[Any, ...]) -> Convert:
    """`X | None`; a union of plain kinds, such as `int | str`, is its own JSON."""
    read = _reader(kinds[0]) if len(kinds) == 1 else _as_it_is
    return lambda data: None if data is None else read(data)


def _tuple(kinds: tuple[Any, ...]) -> Convert:
    if kinds[1:] == (Ellipsis,):
        read = _reader(kinds[0])
        return tuple if read is _as_it_is else lambda data: tuple(read(one) for one in data)
    readers = [_reader(kind) for kind in kinds]
    return lambda data: tuple(read(one) for read, one in zip(readers, data, strict=True))


def _dict(read: Convert) -> Convert:
    return dict if read is _as_it_is else lambda data: {key: read(one) for key, one in data.items()}


def _dataclass(kind: type) -> Convert:
    hints = typing.get_type_hints(kind)
    names = frozenset(_names(kind))
    needed = frozenset(field.name for field in fields(kind) if _is_needed(field))
    # A thousand stacks are read for one `stack list`: what is JSON already is not looked at one by one.
    converted = [
        (name, convert) for name in _names(kind) if (convert := _reader(hints[name])) is not _as_it_is
    ]

    def read(data: dict[str, Any]) -> Any:
        if missing := needed - data.keys():
            raise ValueError(f"{kind.__name__} without {', '.join(sorted(missing))}")
        values = {name: data[name] for name in names & data.keys()}
        for name, convert in converted:
            if name in values:
                values[name] = convert(values[name])
        return kind(**values)

    return read


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
