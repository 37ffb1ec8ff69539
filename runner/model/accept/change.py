"""What is changed in a file, before it is spelled; and why something is not."""

from typing import Any

from runner.model.accept.syntax import Attribute, Block, Body, Entries, File, Items, Node
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Exchange:
    """Another value where this one stands."""

    file: File
    node: Node
    value: Any


@dataclass(frozen=True)
class Reshape:
    """Some elements of a map or a list leave, others are appended; of a list, the keys are empty."""

    file: File
    within: Entries | Items
    dropped: frozenset[int] = frozenset()
    appended: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class InsertItems:
    """Before the element with this index."""

    file: File
    within: Items
    index: int
    values: tuple[Any, ...]


@dataclass(frozen=True)
class AddAttributes:
    file: File
    within: Body
    attributes: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class DropAttribute:
    file: File
    within: Body
    attribute: Attribute


@dataclass(frozen=True)
class AddBlock:
    """After the last one of its kind, or at the end."""

    file: File
    within: Body
    kind: str
    values: dict[str, Any]


@dataclass(frozen=True)
class DropBlock:
    """`instead`: lines that take its place."""

    file: File
    block: Block
    instead: tuple[str, ...] = ()


Change = Exchange | Reshape | InsertItems | AddAttributes | DropAttribute | AddBlock | DropBlock


class Undecided(Exception):
    """No literal decides the value; the message says what does, and where."""


class Forbidden(Exception):
    """The value may not be written into code."""
