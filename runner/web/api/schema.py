"""JSON schemas of answers, from their types: what `to_plain` of the codec writes, and in its words."""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from runner.model.values.codec import TYPE, name_in_json

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/"

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    types.NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
}


class Components:
    """Classes become components under their names, so that a client generator gives them the same ones."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._names: dict[type, str] = {}

    def of(self, kind: Any) -> Schema:
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is not None:
            return self._made_of(origin, arguments)
        if not isinstance(kind, type):
            return {}
        if is_dataclass(kind):
            return self._component(kind, self._object)
        if issubclass(kind, Enum):
            return self._component(kind, _enumeration)
        return next((dict(schema) for known, schema in _LIKE if issubclass(kind, known)), {})

    def _made_of(self, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        if origin is Annotated:
            return self.of(arguments[0])
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in {Union, types.UnionType}:
            return self._union(arguments)
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if origin is tuple and arguments[1:] != (Ellipsis,):
            return {
                "type": "array",
                "prefixItems": list(map(self.of, arguments)),
                "minItems": len(arguments),
                "maxItems": len(arguments),
            }
        return {"type": "array", "items": self.of(arguments[0])}

    def _union(self, kinds: tuple[Any, ...]) -> Schema:
        members = list(map(self.of, kinds))
        tagged = {
            kind.TAG: member["$ref"]
            for kind, member in zip(kinds, members, strict=True)
            if hasattr(kind, "TAG")
        }
        if len(tagged) == len(kinds):
            return {"oneOf": members, "discriminator": {"propertyName": TYPE, "mapping": tagged}}
        plain = [member["type"] for member in members if member.keys() == {"type"}]
        return {"type": plain} if len(plain) == len(members) else {"anyOf": members}

    def _component(self, kind: type, make: Callable[[type], Schema]) -> Schema:
        if kind not in self._names:
            self._names[kind] = name = self._free_name(kind)
            self.schemas[name] = {}  # it may refer to itself
            self.schemas[name] = make(kind)
        return {"$ref": REFERENCE + self._names[kind]}

    def _free_name(self, kind: type) -> str:
        if kind.__name__ not in self.schemas:
            return kind.__name__
        return f"{kind.__module__.rpartition('.')[2].title().replace('_', '')}{kind.__name__}"

    def _object(self, kind: type) -> Schema:
        """Every field is written; a newer server may write more of them."""
        hints = get_type_hints(kind)
        properties = {name_in_json(one): self.of(hints[one.name]) for one in fields(kind)}
        if hasattr(kind, "TAG"):
            properties = {TYPE: {"const": kind.TAG}, **properties}
        return {"type": "object", **_described(kind), "properties": properties, "required": list(properties)}


_LIKE: tuple[tuple[type, Schema], ...] = (
    (Path, {"type": "string"}),
    (str, {"type": "string"}),
    (float, {"type": "number"}),
    (tuple, {"type": "array"}),
    (list, {"type": "array"}),
    (dict, {"type": "object"}),
)


def _enumeration(kind: type) -> Schema:
    assert issubclass(kind, Enum)
    return {**_described(kind), "enum": [one.value for one in kind]}


def _described(kind: type) -> Schema:
    """A dataclass without a docstring has its signature for one."""
    text = inspect.cleandoc(kind.__doc__ or "")
    made_up = not text or text.startswith(f"{kind.__name__}(")
    return {} if made_up else {"description": text}
