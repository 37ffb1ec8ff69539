"""Plain data -> a frozen value of `runner.model`, or what is wrong with it, key by key.

The validator is pydantic's core, built from the shape: `pydantic.TypeAdapter` builds the same from the same
dataclasses, but importing and building it takes 110 ms of every command's start. A sound configuration is read by `fit.py`.
"""

import copy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from runner.config.place import MAX_PROBLEMS, KeyPath, value_at
from runner.config.shape import PARTS, TEXT, Kind, Shape, shape_of
from runner.model.values.span import Seconds


class Complaint(NamedTuple):
    """The problem at a path. `got` says whether to add the value found there."""

    path: KeyPath
    message: str
    hint: str = ""
    got: bool = True
    at_key: bool = False


class Unsound(Exception):
    """The data does not have the shape"""

    def __init__(self, complaints: list[Complaint], rest: Any) -> None:
        """`rest` is the data without the broken keys, for the rules beyond shape."""
        super().__init__(complaints)
        self.complaints = complaints
        self.rest = rest


def build(record: type, data: Any) -> Any:
    """The value, or Unsound with everything that is wrong with its shape."""
    from pydantic_core import ValidationError

    try:
        return _validator(record).validate_python(data)
    except ValidationError as error:
        shape = shape_of(record)
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        found = [_complaint(shape, e["type"], tuple(e["loc"])) for e in errors[: MAX_PROBLEMS + 1]]
        rest = _without(shape, data, [complaint.path for complaint in found])
    try:
        remaining = _validator(record).validate_python(rest)
    except ValidationError:
        remaining = None
    raise Unsound(list(dict.fromkeys(found)), remaining)


@cache
def _validator(record: type) -> Any:
    from pydantic_core import SchemaValidator

    schema: Any = _core(shape_of(record))
    return SchemaValidator(schema)


def _core(shape: Shape) -> dict[str, Any]:
    schema = _CORES[shape.kind](shape)
    if shape.or_text:
        choices = {TEXT: {"type": "str", "strict": True}, PARTS: schema}
        schema = {"type": "tagged-union", "choices": choices, "discriminator": _way}
    if shape.choices and shape.kind is not Kind.CHOICE:
        schema = {"type": "union", "choices": [schema, {"type": "literal", "expected": list(shape.choices)}]}
    return {"type": "nullable", "schema": schema} if shape.optional else schema


def _function(read: Callable[[Any], Any]) -> dict[str, Any]:
    return {"type": "function-plain", "function": {"type": "no-info", "function": read}}


def _path(_shape: Shape) -> dict[str, Any]:
    from pathlib import Path

    text = {"type": "str", "strict": True, "min_length": 1}
    return {"type": "function-after", "function": {"type": "no-info", "function": Path}, "schema": text}


def _choice(shape: Shape) -> dict[str, Any]:
    literal = {"type": "literal", "expected": list(shape.choices)}
    if all(isinstance(choice, str) for choice in shape.choices):
        return literal
    return {"type": "chain", "steps": [{"type": "int", "strict": True}, literal]}  # True == 1


def _span(shape: Shape) -> dict[str, Any]:
    def read(value: Any) -> Seconds | None:
        return None if shape.optional and value == "none" else Seconds.parse(value)

    return _function(read)


def _list(shape: Shape) -> dict[str, Any]:
    items = _core(shape.item) if shape.item else {"type": "any"}
    return {"type": "tuple", "items_schema": [items], "variadic_item_index": 0}


def _table(shape: Shape) -> dict[str, Any]:
    values = _core(shape.item) if shape.item else {"type": "any"}
    return {"type": "dict", "keys_schema": {"type": "str"}, "values_schema": values}


def _record(shape: Shape) -> dict[str, Any]:
    fields = []
    for name, key in shape.keys.items():
        schema = _core(key.shape)
        if not key.required:
            mutable = key.shape.kind is Kind.TABLE
            default = {"default_factory": dict} if mutable else {"default": key.default}
            schema = {"type": "default", "schema": schema, **default}
        fields.append(
            {
                "type": "dataclass-field",
                "name": key.attribute,
                "validation_alias": name,
                "schema": schema,
            }
        )
    name = shape.record.__name__ if shape.record else ""
    arguments = {
        "type": "dataclass-args",
        "dataclass_name": name,
        "fields": fields,
        "extra_behavior": "forbid",
    }
    return {
        "type": "dataclass",
        "cls": shape.record,
        "schema": arguments,
        "fields": list(shape.keys),
        "slots": True,
        "frozen": True,
    }


def _way(value: Any) -> str | None:
    """How a value is written that may also be a text."""
    return TEXT if isinstance(value, str) else PARTS if isinstance(value, dict | list) else None


_CORES: Mapping[Kind, Callable[[Shape], dict[str, Any]]] = {
    Kind.TEXT: lambda _: {"type": "str", "strict": True},
    Kind.PATH: _path,
    Kind.NUMBER: lambda _: {"type": "int", "strict": True},
    Kind.DECIMAL: lambda _: {"type": "float", "strict": True, "allow_inf_nan": False},
    Kind.SWITCH: lambda _: {"type": "bool", "strict": True},
    Kind.SPAN: _span,
    Kind.CHOICE: _choice,
    Kind.ANYTHING: lambda _: {"type": "any"},
    Kind.LIST: _list,
    Kind.TABLE: _table,
    Kind.RECORD: _record,
}


def _complaint(shape: Shape, kind: str, place: KeyPath) -> Complaint:
    path = shape.known(place)
    if kind == "missing":
        return Complaint(path, "missing", got=False)
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        return Complaint(path, "unknown key", _nearest_key(shape, path), got=False, at_key=True)
    return Complaint(path, f"expected {shape.at(path).words}")


def _nearest_key(shape: Shape, path: KeyPath) -> str:
    from difflib import get_close_matches

    wrong = str(path[-1])[:40]
    elsewhere = {name.rpartition(".")[2]: name for name, _ in shape.walk()}
    here = shape.at(path[:-1]).keys
    near = get_close_matches(wrong, here, 1, cutoff=0.8)
    if not near and wrong not in elsewhere:
        near = get_close_matches(wrong, here, 1)
    if not near:
        near = [elsewhere[word] for word in get_close_matches(wrong, elsewhere, 1, cutoff=0.8)]
    return f'did you mean "{near[0]}"?' if near else ""


def _without(shape: Shape, data: Any, broken: list[KeyPath]) -> Any:
    """The data without the broken keys, with placeholders for required ones."""
    rest = copy.deepcopy(data)
    for place in broken:
        path = place
        while path and isinstance(path[-1], int):  # removing an item would move the others
            path = path[:-1]
        around = value_at(rest, path[:-1])
        if not path or not isinstance(around, dict):
            continue
        around.pop(str(path[-1]), None)
        key = shape.at(path[:-1]).keys.get(str(path[-1]))
        if key is not None and key.required:
            around[str(path[-1])] = "stand-in"
    return rest
