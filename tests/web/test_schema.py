"""Schemas say what the codec writes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from jsonschema_rs import Draft202012Validator

from runner.model.values.codec import key
from runner.view.document import document
from runner.web.api.schema import Components


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Circle:
    TAG: ClassVar[str] = "circle"
    radius: float


@dataclass(frozen=True)
class Square:
    TAG: ClassVar[str] = "square"
    side: int


@dataclass(frozen=True)
class Node:
    """A tree."""

    name: str
    below: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Everything:
    text: str
    colour: Colour
    shape: Circle | Square
    at: datetime | None
    path: Path
    pair: tuple[str, int]
    many: frozenset[Colour]
    named: dict[str, tuple[int, ...]]
    either: int | str
    kind: Literal["a", "b"]
    anything: Any
    begin: str = key("from")


WHOLE = Everything(
    "x",
    Colour.RED,
    Square(2),
    datetime(2026, 1, 2, tzinfo=UTC),
    Path("/a"),
    ("a", 1),
    frozenset(Colour),
    {"a": (1, 2)},
    "x",
    "a",
    {"b": [None]},
    "here",
)


def schema(kind: Any) -> dict[str, Any]:
    components = Components()
    found = components.of(kind)
    return {**found, "components": {"schemas": components.schemas}}


def valid(kind: Any, plain: Any) -> bool:
    return bool(Draft202012Validator(schema(kind)).is_valid(plain))


def test_what_is_written_is_valid() -> None:
    assert valid(Everything, document(WHOLE))


@pytest.mark.parametrize("name", document(WHOLE))
def test_every_part_is_written_always(name: str) -> None:
    plain = document(WHOLE)
    del plain[name]
    assert not valid(Everything, plain)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("text", 1),
        ("colour", "green"),
        ("shape", {"type": "circle", "side": 2}),
        ("shape", {"radius": 2}),
        ("at", 5),
        ("pair", ["a"]),
        ("many", ["green"]),
        ("named", {"a": ["x"]}),
        ("either", None),
        ("kind", "c"),
    ],
)
def test_another_type_is_not_valid(name: str, wrong: object) -> None:
    assert not valid(Everything, {**document(WHOLE), name: wrong})


def test_a_field_has_the_name_that_is_written() -> None:
    assert "from" in schema(Everything)["components"]["schemas"]["Everything"]["properties"]


def test_a_type_may_hold_itself() -> None:
    assert valid(Node, document(Node("a", (Node("b"),))))
    assert not valid(Node, {"name": "a", "below": [{"name": 1, "below": []}]})


def test_docstrings_are_descriptions_and_signatures_are_not() -> None:
    found = schema(tuple[Node | Circle, ...])["components"]["schemas"]
    assert found["Node"]["description"] == "A tree."
    assert "description" not in found["Circle"]
