"""The JSON schema of both files, for editors: from the same dataclasses that validate them."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

from runner.config import descriptions, limits
from runner.config.limits import Limit
from runner.config.shape import Key, Kind, Shape, shape_of
from runner.config.written import span
from runner.model.settings.server import Settings
from runner.model.stack.definition import NAME_PATTERN, StackDefinition
from runner.model.values.span import Seconds

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SPAN_PATTERN = r"^([0-9]+(\.[0-9]+)?[smhdw])+$"


@dataclasses.dataclass(frozen=True)
class _Book:
    """What the tables say about keys by their general name."""

    sentences: Mapping[str, str]
    limits: Mapping[str, Limit]
    patterns: Mapping[str, str]


_BOOKS = {
    "server": _Book(
        descriptions.SERVER,
        limits.OF_SERVER,
        {"sources[].name": r"^[a-z0-9][a-z0-9._-]{0,63}$"},
    ),
    "stack": _Book(
        descriptions.STACK,
        limits.OF_STACK,
        {
            "name": NAME_PATTERN,
            "depends_on[]": NAME_PATTERN,
            "depends_on[].stack": NAME_PATTERN,
            "renamed_from": NAME_PATTERN,
        },
    ),
}
_RECORDS: Mapping[str, tuple[type, str]] = {
    "server": (Settings, "Driftline's server configuration"),
    "stack": (StackDefinition, "A Driftline stack"),
}


def json_schema(kind: Literal["server", "stack"]) -> dict[str, Any]:
    """The whole schema; a stack file may contain several documents of it."""
    record, title = _RECORDS[kind]
    return {"$schema": DIALECT, "title": title, **_schema(shape_of(record), "", _BOOKS[kind])}


def _schema(shape: Shape, name: str, book: _Book) -> dict[str, Any]:
    schema = _SCHEMAS[shape.kind](shape, name, book)
    alternatives = [schema]
    if shape.or_text:
        alternatives.insert(0, _text(shape, name, book))
    if shape.choices and shape.kind is not Kind.CHOICE:
        alternatives.append({"enum": list(shape.choices)})
    if shape.optional:
        alternatives.append({"type": "null"})
    return schema if len(alternatives) == 1 else {"anyOf": alternatives}


def _text(_shape: Shape, name: str, book: _Book) -> dict[str, Any]:
    pattern = book.patterns.get(name)
    return {"type": "string", **({"pattern": pattern} if pattern else {})}


def _number(_shape: Shape, name: str, book: _Book) -> dict[str, Any]:
    limit = book.limits.get(name)
    return {"type": "integer", **({"minimum": limit.low, "maximum": limit.high} if limit else {})}


def _span(shape: Shape, _name: str, _book: _Book) -> dict[str, Any]:
    text = {"type": "string", "pattern": _SPAN_PATTERN}
    return {"anyOf": [text, {"enum": ["none"]}]} if shape.optional else text


def _list(shape: Shape, name: str, book: _Book) -> dict[str, Any]:
    return {"type": "array", "items": _schema(shape.item, name + "[]", book) if shape.item else True}


def _table(shape: Shape, name: str, book: _Book) -> dict[str, Any]:
    values = _schema(shape.item, name + ".*", book) if shape.item else True
    return {"type": "object", "additionalProperties": values}


def _record(shape: Shape, name: str, book: _Book) -> dict[str, Any]:
    properties = {}
    for word, key in shape.keys.items():
        inner = f"{name}.{word}" if name else word
        properties[word] = {
            "description": book.sentences[inner],
            **_schema(key.shape, inner, book),
            **_default(key),
        }
    required = [word for word, key in shape.keys.items() if key.required]
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


_SCHEMAS: Mapping[Kind, Callable[[Shape, str, _Book], dict[str, Any]]] = {
    Kind.TEXT: _text,
    Kind.PATH: lambda _shape, _name, _book: {"type": "string", "minLength": 1},
    Kind.NUMBER: _number,
    Kind.DECIMAL: lambda _shape, _name, _book: {"type": "number"},
    Kind.SWITCH: lambda _shape, _name, _book: {"type": "boolean"},
    Kind.SPAN: _span,
    Kind.CHOICE: lambda shape, _name, _book: {"enum": list(shape.choices)},
    Kind.ANYTHING: lambda _shape, _name, _book: {},
    Kind.LIST: _list,
    Kind.TABLE: _table,
    Kind.RECORD: _record,
}


def _default(key: Key) -> dict[str, Any]:
    if key.required or key.secret or key.shape.kind is Kind.RECORD:
        return {}
    value = key.default
    if isinstance(value, tuple):
        value = list(value)
    return {"default": span(value) if isinstance(value, Seconds) else value}
