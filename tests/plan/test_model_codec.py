"""What is stored as JSON comes back as the same value."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_documents import values

from runner.model.changes.changes import AttributeChange, ChangeSet, Diagnostic, OutputChange, ResourceChange
from runner.model.drift.report import DriftReport, Finding
from runner.model.run.life import Run
from runner.model.stack.definition import StackDefinition, StackTimeouts
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.span import Seconds

spans = st.builds(Seconds, st.integers(0, 10**6))
times = st.datetimes(timezones=st.just(UTC))
st.register_type_strategy(Seconds, spans)
st.register_type_strategy(datetime, times)
st.register_type_strategy(Path, st.builds(Path, st.text("abc/", min_size=1, max_size=5)))
# `Any` and `object` in the model are JSON values.
st.register_type_strategy(object, values)


def again(value: Any) -> Any:
    return from_plain(type(value), json.loads(json.dumps(to_plain(value))))


attributes = st.builds(AttributeChange, before=values, after=values)
resources = st.builds(ResourceChange, attributes=st.lists(attributes, max_size=2).map(tuple))
outputs = st.builds(OutputChange, before=values, after=values)
few_resources = st.lists(resources, max_size=2).map(tuple)
change_sets = st.builds(
    ChangeSet, resources=few_resources, drift=few_resources, outputs=st.lists(outputs, max_size=2).map(tuple)
)
findings = st.builds(Finding, attributes=st.lists(attributes, max_size=2).map(tuple))
reports = st.builds(DriftReport, findings=st.lists(findings, max_size=2).map(tuple))
definitions = st.builds(StackDefinition, vars=st.dictionaries(st.text(max_size=3), values, max_size=2))


@settings(max_examples=50)
@given(st.one_of(change_sets, findings, reports, definitions, st.builds(Diagnostic), st.builds(Run)))
def test_every_record_comes_back_as_it_was(value: Any) -> None:
    assert again(value) == value


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Inner:
    at: datetime
    colour: Colour = Colour.RED


@dataclass(frozen=True, slots=True)
class Outer:
    number: int
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    pair: tuple[int, Inner] | None = None
    named: dict[str, Inner] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    where: Path | None = None
    either: int | str = 0
    span: Seconds = Seconds(0)
    marks: frozenset[str] = frozenset()
    colours: frozenset[Colour] = frozenset()


INNER = Inner(datetime(2026, 11, 21, 1, 2, 3, 4, tzinfo=UTC))


def test_each_kind_of_field_comes_back_as_its_type() -> None:
    value = Outer(
        1,
        INNER,
        (INNER,),
        (1, INNER),
        {"a": INNER},
        {"b": ("c",)},
        Path("/x"),
        "two",
        Seconds(5),
        frozenset("xy"),
        frozenset(Colour),
    )
    read = again(value)
    assert read == value
    parts = (read.inner.colour, read.words["b"], read.where, read.span, read.marks, *read.colours)
    assert [type(part) for part in parts] == [Colour, tuple, type(Path("/x")), Seconds, frozenset, Colour]


def test_plain_data_is_only_what_json_has() -> None:
    assert to_plain(Outer(1, INNER, where=Path("/x"), marks=frozenset("cab"))) == {
        "number": 1,
        "inner": {"at": "2026-11-21T01:02:03.000004+00:00", "colour": "red"},
        "many": [],
        "pair": None,
        "named": {},
        "words": {},
        "where": "/x",
        "either": 0,
        "span": Seconds(0),
        "marks": ["a", "b", "c"],
        "colours": [],
    }


def test_a_row_of_an_older_version_gets_the_defaults() -> None:
    assert from_plain(Outer, {"number": 1}) == Outer(1)


def test_a_row_of_a_newer_version_loses_what_is_not_known_here() -> None:
    assert from_plain(Outer, {"number": 1, "later": 2}) == Outer(1)


def test_a_row_without_what_it_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="Inner without at"):
        from_plain(Outer, {"number": 1, "inner": {"colour": "red"}})


def test_a_value_that_an_enum_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="blue"):
        from_plain(Inner, {"at": "2026-11-21T01:02:03+00:00", "colour": "blue"})


@dataclass(frozen=True)
class Circle:
    TAG: ClassVar[str] = "circle"
    radius: int


@dataclass(frozen=True)
class Square:
    TAG: ClassVar[str] = "square"
    side: int = 1


@dataclass(frozen=True)
class Drawing:
    first: Circle | Square | None = None
    all: tuple[Circle | Square, ...] = ()


def test_a_member_of_a_union_comes_back_as_the_class_that_it_was() -> None:
    assert again(Drawing(Square(), (Circle(2), Square(2)))) == Drawing(Square(), (Circle(2), Square(2)))
    assert again(Drawing()) == Drawing()


def test_the_tag_is_in_the_json_and_does_not_disturb_who_knows_the_class() -> None:
    assert to_plain(Circle(2)) == {"type": "circle", "radius": 2}
    assert again(Circle(2)) == Circle(2)


@pytest.mark.parametrize("data", [{"type": "star"}, {"side": 2}])
def test_a_member_that_the_union_does_not_have_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="circle, square"):
        from_plain(Drawing, {"first": data})


@pytest.mark.parametrize("union", [Circle | Inner, Outer | Inner, Circle | datetime])
def test_a_union_whose_members_cannot_be_known_again_is_refused(union: Any) -> None:
    with pytest.raises(TypeError, match="TAG"):
        from_plain(union, {})


def test_a_span_is_a_number_in_json() -> None:
    assert json.dumps(to_plain(StackTimeouts(plan=Seconds(90)))) == '{"init": null, "plan": 90.0}'
