"""Frozen values as plain JSON data, and back: what SQLite and artifacts hold, and what a worker elsewhere would get."""

import builtins
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, Field, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

TYPE = "type"  # holds the TAG of a class that has one: which member of a union the value is
T = TypeVar("T")
Convert = Callable[[Any], Any]
WriteMoment = Callable[[datetime], str]
Write = Callable[[Any, WriteMoment], Any]
_KEY = "key"  # in a field's metadata: its name in JSON


def to_plain(value: Any, moment: WriteMoment = datetime.isoformat) -> Any:
    """Dataclasses become objects, tuples and sets lists, enums their values, paths text, times what `moment` makes of them."""
    return _writer(value.__class__)(value, moment)


def key(name: str) -> Any:
    """A field of a dataclass with that name in JSON, such as `from`, which Python keeps for itself."""
    return field(metadata={_KEY: name})


@lru_cache(maxsize=512)
def _writer(kind: type) -> Write:
    if is_dataclass(kind):
        return _write_tagged if hasattr(kind, "TAG") else _write_dataclass
    return next((write for known, write in _WRITERS if issubclass(kind, known)), _write_as_it_is)


def _write_dataclass(value: Any, moment: WriteMoment) -> Any:
    return {
        key: getattr(value, name) if plain else to_plain(getattr(value, name), moment)
        for name, key, plain in _written(value.__class__)
    }


def _write_tagged(value: Any, moment: WriteMoment) -> Any:
    return {TYPE: value.TAG, **_write_dataclass(value, moment)}


def _write_list(value: Any, moment: WriteMoment) -> Any:
    return [to_plain(one, moment) for one in value]


def _write_as_it_is(value: Any, _moment: WriteMoment) -> Any:
    return value


_WRITERS: tuple[tuple[type, Write], ...] = (
    (Enum, lambda value, _moment: value.value),
    (datetime, lambda value, moment: moment(value)),
    (Path, lambda value, _moment: str(value)),
    (tuple, _write_list),
    (list, _write_list),
    # In order, so that equal values have equal JSON.
    (frozenset, lambda value, moment: sorted(_write_list(value, moment))),
    (dict, lambda value, moment: {key: to_plain(one, moment) for key, one in value.items()}),
)


def from_plain(kind: type[T], data: Any) -> T:
    """The value that `to_plain` was given; ValueError where a part is missing that has no default.

    A key that the class no longer has is passed over, so that rows outlive an upgrade.
    """
    read: Convert = _reader(typing.cast("typing.Hashable", kind))
    value: T = read(data)
    return value


@lru_cache(maxsize=512)
def _written(kind: type) -> tuple[tuple[str, str, bool], ...]:
    """The fields, each with its name in JSON, and whether it is JSON already: most of a thousand rows are."""
    hints = typing.get_type_hints(kind)
    return tuple((name, key, _is_plain(hints[name])) for name, key in _keys(kind))


def _is_plain(hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return all(map(_is_plain, typing.get_args(hint)))
    return hint in _PLAIN


_PLAIN: frozenset[type] = frozenset({str, int, float, bool, types.NoneType})


@lru_cache(maxsize=512)
def _keys(kind: type) -> tuple[tuple[str, str], ...]:
    """The fields of a dataclass, each with its name in JSON."""
    return tuple((one.name, name_in_json(one)) for one in fields(kind))


def name_in_json(of: Field[Any]) -> str:
    return str(of.metadata.get(_KEY, of.name))


def _as_it_is(data: Any) -> Any:
    return data


@lru_cache(maxsize=512)
def _reader(kind: Any) -> Convert:
    """How to read one type, worked out once."""
    args = typing.get_args(kind)
    match typing.get_origin(kind):
        case typing.Union | types.UnionType:
            return _union(tuple(arg for arg in args if arg is not types.NoneType))
        case builtins.tuple:
            return _tuple(args)
        case builtins.frozenset:
            return _frozenset(_reader(args[0]))
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


def _union(kinds: tuple[Any, ...]) -> Convert:
    read = _reader(kinds[0]) if len(kinds) == 1 else _one_of(kinds)
    return lambda data: None if data is None else read(data)


def _one_of(kinds: tuple[Any, ...]) -> Convert:
    """By the tag; plain kinds, such as `int | str`, are their own JSON. A text is no object, so both need no tag."""
    if all(_reader(kind) is _as_it_is for kind in kinds):
        return _as_it_is
    first, *others = kinds
    if first is str and len(others) == 1 and is_dataclass(others[0]):
        read_object = _reader(typing.cast("typing.Hashable", others[0]))
        return lambda data: data if isinstance(data, str) else read_object(data)
    readers: dict[str, Convert] = {getattr(kind, "TAG", ""): _reader(kind) for kind in kinds}
    if "" in readers or len(readers) < len(kinds):
        raise TypeError(f"each of these needs a TAG of its own: {', '.join(map(str, kinds))}")

    def read(data: dict[str, Any]) -> Any:
        tag = data.get(TYPE)
        if tag not in readers:
            raise ValueError(f"{TYPE} is {tag!r}, not one of {', '.join(readers)}")
        return readers[tag](data)

    return read


def _frozenset(read: Convert) -> Convert:
    return frozenset if read is _as_it_is else lambda data: frozenset(read(one) for one in data)


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
    keys = _keys(kind)
    names = frozenset(name for name, _ in keys)
    renamed = {key: name for name, key in keys if key != name}
    needed = frozenset(one.name for one in fields(kind) if _is_needed(one))
    # A thousand stacks are read for one `stack list`: what is JSON already is not looked at one by one.
    converted = [(name, convert) for name, _ in keys if (convert := _reader(hints[name])) is not _as_it_is]

    def read(data: dict[str, Any]) -> Any:
        if renamed:
            data = {renamed.get(key, key): value for key, value in data.items()}
        if missing := needed - data.keys():
            raise ValueError(f"{kind.__name__} without {', '.join(sorted(missing))}")
        values = dict(data) if data.keys() <= names else {name: data[name] for name in names & data.keys()}
        for name, convert in converted:
            if (value := values.get(name)) is not None:  # nothing is made of nothing, where it may be None
                values[name] = convert(value)
        return kind(**values)

    return read


def _is_needed(of: Field[Any]) -> bool:
    return of.default is MISSING and of.default_factory is MISSING
