"""Whether a value from another machine is what its class says. `from_plain` believes what it reads, as our own rows may be.

A text where a number belongs would be recorded, and every page that adds it up would fail from then on.
"""

import math
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

_LARGEST = 2**63  # as SQLite keeps numbers


def flaw(value: Any, kind: Any, place: str = "") -> str:
    """Where it is not of this kind, and what it should be; empty if all of it is."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        own = [one for one in args if one is type(value)] or args
        flaws = [flaw(value, one, place) for one in own]
        return flaws[0] if all(flaws) else ""
    if origin in {tuple, frozenset, list}:
        return _of_several(value, origin, args, place)
    if origin is dict:
        return _of_dict(value, args, place)
    if origin is typing.Literal:
        return "" if value in args else _no(place, " or ".join(map(str, args)))
    return _of_json(value, place) if kind in {Any, object} else _of_class(value, kind, place)


def _of_class(value: Any, kind: Any, place: str) -> str:
    if is_dataclass(kind):
        return _of_dataclass(value, kind, place)
    return "" if _is(value, kind) else _no(place, kind.__name__)


def _is(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int and -_LARGEST <= value < _LARGEST
    if issubclass(kind, float):
        return isinstance(value, float) and math.isfinite(value)
    if kind is str:
        return isinstance(value, str) and _can_be_written(value)
    if kind is datetime:
        return isinstance(value, datetime) and value.utcoffset() is not None
    return isinstance(value, kind)


def _can_be_written(text: str) -> bool:
    """JSON can name halves of characters, which no file and no database takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _of_dataclass(value: Any, kind: Any, place: str) -> str:
    if not isinstance(value, kind):
        return _no(place, kind.__name__)
    found = (flaw(getattr(value, name), hint, f"{place}.{name}") for name, hint in _hints(kind))
    return next(filter(None, found), "")


@lru_cache(maxsize=256)
def _hints(kind: Any) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((one.name, hints[one.name]) for one in fields(kind))


def _of_several(value: Any, kind: Any, args: tuple[Any, ...], place: str) -> str:
    if not isinstance(value, kind):
        return _no(place, kind.__name__)
    fixed = kind is tuple and args[1:] != (Ellipsis,)
    if fixed and len(value) != len(args):
        return _no(place, f"{len(args)} values")
    pairs = [(one, args[index] if fixed else args[0]) for index, one in enumerate(value)]
    found = (flaw(one, hint, f"{place}[{index}]") for index, (one, hint) in enumerate(pairs))
    return next(filter(None, found), "")


def _of_dict(value: Any, args: tuple[Any, ...], place: str) -> str:
    if not isinstance(value, dict):
        return _no(place, "dict")
    for key, one in value.items():
        if found := flaw(key, args[0], f"{place} key") or flaw(one, args[1], f"{place}[{key!r}]"):
            return found
    return ""


def _of_json(value: Any, place: str) -> str:
    """Values of a plan may be anything that JSON can say."""
    if isinstance(value, dict):
        return _of_dict(value, (str, Any), place)
    if isinstance(value, list | tuple):
        return next(filter(None, (_of_json(one, f"{place}[{index}]") for index, one in enumerate(value))), "")
    # Numbers of plans have any size, and are only kept as JSON.
    fits = value is None or isinstance(value, bool | int) or _is(value, float) or _is(value, str)
    return "" if fits else _no(place, "JSON value")


def _no(place: str, expected: str) -> str:
    return f"{place.removeprefix('.') or 'it'} is no {expected}"
