"""temporary"""

import types
import typing
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def to_plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_plain(one) for one in value]
    if isinstance(value, dict):
        return {k: to_plain(v) for k, v in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value


def from_plain(kind: Any, data: Any) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if data is None else from_plain(next(a for a in args if a is not type(None)), data)
    if origin is tuple:
        return tuple(from_plain(args[0], one) for one in data)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{k: from_plain(hints[k], v) for k, v in data.items()})
    if isinstance(kind, type) and (issubclass(kind, Enum) or kind.__name__ == "Seconds"):
        return kind(data)
    return data
