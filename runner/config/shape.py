"""The shape of a configuration: read from the dataclasses of `runner.model`, so that nothing is written twice.

One shape yields the validator, the words of an error, the JSON schema and the example file.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from runner.config.place import KeyPath
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds


class Kind(StrEnum):
    """The value is its name for people."""

    TEXT = "text"
    PATH = "a path"
    NUMBER = "a whole number"
    DECIMAL = "a number"
    SWITCH = "true or false"
    SPAN = "a duration such as 90s, 5m, 4h, 2d or 1w"
    CHOICE = "one of"
    ANYTHING = "anything"
    LIST = "a list"
    TABLE = "a mapping"  # free keys
    RECORD = "a mapping of keys"  # known keys


# How the validator tells the two ways to write a value apart: it names them in the places of its errors.
TEXT, PARTS = "as a text", "in parts"


@dataclass(frozen=True)
class Shape:
    kind: Kind
    optional: bool = False
    choices: tuple[str | int, ...] = ()  # for a choice; for a number or a span that may also be a word
    item: "Shape | None" = None  # of a list or a table
    keys: Mapping[str, "Key"] = field(default_factory=dict)  # of a record
    record: type | None = None
    or_text: bool = False  # a record or a list that may also be written as a text

    @property
    def words(self) -> str:
        """The expected value, for people."""
        words = [] if self.kind is Kind.CHOICE else [str(self.kind)]
        words = [str(Kind.TEXT), *words] if self.or_text else words
        words += [str(choice) for choice in self.choices]
        if self.kind is Kind.SPAN:
            return ", or ".join([*words, "none"] if self.optional else words)
        return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else words[0]

    def at(self, path: KeyPath) -> "Shape":
        """The shape at the path; if the path leaves it, the last shape on the way."""
        if not path:
            return self
        if self.kind is Kind.RECORD:
            key = self.keys.get(str(path[0]))
            return key.shape.at(path[1:]) if key else self
        return self.item.at(path[1:]) if self.item else self

    def known(self, path: KeyPath) -> KeyPath:
        """The part of the path that this shape has; pydantic appends names of alternatives."""
        if not path or self.kind not in {Kind.RECORD, Kind.LIST, Kind.TABLE}:
            return ()
        if self.or_text and path[0] in {TEXT, PARTS}:
            return self.known(path[1:])
        if self.kind is Kind.RECORD and path[0] not in self.keys:
            return path[:1]
        return (path[0], *(self.keys[str(path[0])].shape if self.keys else self.item or self).known(path[1:]))

    def secret(self, path: KeyPath) -> bool:
        """Whether the value there must never be shown."""
        shape = self
        for part in path:
            if shape.kind is Kind.RECORD:
                key = shape.keys.get(str(part))
                if key is None or key.secret:
                    return key is not None
                shape = key.shape
            elif shape.item is None:
                return False
            else:
                shape = shape.item
        return False

    def walk(self, name: str = "") -> Iterator[tuple[str, "Key"]]:
        """Every key with its general name, such as `sources[].auth.token`, outer before inner."""
        for word, key in self.keys.items():
            inner = f"{name}.{word}" if name else word
            yield inner, key
            item = key.shape.item
            if item is not None and item.kind is Kind.RECORD:
                yield from item.walk(inner + "[]")
            yield from key.shape.walk(inner)


@dataclass(frozen=True)
class Key:
    """A key of a record. It is secret if the dataclass excludes it from its repr."""

    shape: Shape
    required: bool
    default: Any
    secret: bool
    attribute: str = ""  # the field of the dataclass


_SIMPLE: dict[Any, Kind] = {
    str: Kind.TEXT,
    Path: Kind.PATH,
    int: Kind.NUMBER,
    float: Kind.DECIMAL,
    bool: Kind.SWITCH,
    Seconds: Kind.SPAN,
    Any: Kind.ANYTHING,
}


@cache
def shape_of(annotation: Any) -> Shape:
    """The shape of a dataclass, or of the annotation of one of its fields."""
    if annotation in _SIMPLE:
        return Shape(_SIMPLE[annotation])
    if dataclasses.is_dataclass(annotation):
        keys = {word_of(f.name): _key(f) for f in dataclasses.fields(annotation)}
        return Shape(Kind.RECORD, keys=keys, record=annotation if isinstance(annotation, type) else None)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Shape(Kind.CHOICE, choices=arguments)
    if origin is tuple:
        return Shape(Kind.LIST, item=shape_of(arguments[0]))
    if origin is dict:
        return Shape(Kind.TABLE, item=shape_of(arguments[1]))
    if origin in {Union, UnionType}:
        return _union([shape_of(a) for a in arguments if a is not NoneType], optional=NoneType in arguments)
    raise TypeError(f"no file format for {annotation}")


def _union(shapes: list[Shape], *, optional: bool) -> Shape:
    records = [shape for shape in shapes if shape.kind is Kind.RECORD]
    if records:
        return dataclasses.replace(records[0], optional=optional, or_text=len(shapes) > 1)
    first, *others = shapes
    if first.kind is Kind.TEXT and [other.kind for other in others] == [Kind.LIST]:
        return dataclasses.replace(others[0], optional=optional, or_text=True)
    choices = tuple(choice for other in others for choice in other.choices)
    return dataclasses.replace(first, optional=optional, choices=first.choices + choices)


def _key(f: "dataclasses.Field[Any]") -> Key:
    required = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    default = f.default
    if f.default_factory is not dataclasses.MISSING:
        default = f.default_factory()
    annotation: Any = f.type
    return Key(
        shape_of(annotation), required, None if required else default, secret=not f.repr, attribute=f.name
    )


def word_of(attribute: str) -> str:
    """The key of a field: `from` for `from_`, a keyword in Python."""
    return attribute.removesuffix("_")
