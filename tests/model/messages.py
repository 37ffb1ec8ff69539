"""Values of every kind that goes to a worker or comes back, made from the type hints: a new field or class is among them."""

import builtins
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from itertools import cycle, islice
from typing import Any

from hypothesis import strategies as st

from runner.model.approval.binding import EngineFacts
from runner.model.execution.job import Job
from runner.model.values.span import Seconds
from runner.ports.worker import ApplyGate
from runner.service.execution.execute import execute
from runner.service.execution.trial import plan_with_state

texts = st.text(max_size=4)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
# Of each type its values: a few that differ in what may be lost, and any.
LEAVES: dict[Any, tuple[list[Any], st.SearchStrategy[Any]]] = {
    bool: ([False, True], st.booleans()),
    int: ([7, 0], st.integers()),
    float: ([1.5], st.floats(allow_nan=False)),
    str: (['a "ü"\n', ""], texts),
    types.NoneType: ([None], st.none()),
    datetime: ([datetime(2026, 3, 1, 12, 0, 0, 1, UTC)], st.datetimes(timezones=st.just(UTC))),
    Seconds: ([Seconds(90)], st.builds(Seconds, st.integers(0, 10**6))),
    Any: ([{"a": [1, None, "b"]}, None, 2.5, True, "c"], json_values),
    object: ([{"a": [1, None, "b"]}, None, 2.5, True, "c"], json_values),
}


def messages() -> list[Any]:
    """The classes of all that `service/execution` is given, asks and gives back; unions by their members."""
    # A port imports the types of its hints for a type checker only.
    types_of_gate = {"Job": Job, "EngineFacts": EngineFacts}
    hints = [
        typing.get_type_hints(one, None, types_of_gate) for one in (execute, plan_with_state, ApplyGate.start)
    ]
    found = [hint[name] for hint in hints for name in ("job", "facts", "return") if name in hint]
    members = [member for kind in found for member in typing.get_args(kind) or (kind,)]
    return [kind for kind in dict.fromkeys(members) if kind is not types.NoneType]


def parts(kind: Any) -> dict[str, Any]:
    """The fields of a dataclass with their types."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def reachable(kind: Any) -> Iterator[type]:
    """The dataclasses in it, itself included."""
    if is_dataclass(kind):
        yield typing.cast("type", kind)
    for part in parts(kind).values() if is_dataclass(kind) else typing.get_args(kind):
        yield from reachable(part)


def samples(kind: Any) -> list[Any]:
    """So many that each member of a union, each value of an enum and each default stands in one of them."""
    args = typing.get_args(kind)
    match typing.get_origin(kind):
        case typing.Union | types.UnionType:
            found = [one for arg in args for one in samples(arg)]
        case typing.Literal:
            found = list(args)
        case builtins.tuple if args[1:] == (Ellipsis,):
            found = [tuple(samples(args[0])), ()]
        case builtins.tuple:
            found = side_by_side(map(samples, args))
        case builtins.frozenset:
            found = [frozenset(samples(args[0])), frozenset()]
        case builtins.dict:
            found = [dict(zip("abcdefgh", samples(args[1]), strict=False)), {}]
        case _ if is_dataclass(kind):
            made: Any = kind
            found = [made(*row) for row in side_by_side(map(samples, parts(kind).values()))]
        case _:
            found = list(kind) if is_enum(kind) else LEAVES[kind][0]
    return found


def side_by_side(of: Iterable[list[Any]]) -> list[Any]:
    """Rows in which every value of every column comes at least once."""
    columns = list(of)
    longest = max(map(len, columns))
    return list(zip(*(islice(cycle(column), longest) for column in columns), strict=True))


@cache
def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of the type, with no field left at its default."""
    args = typing.get_args(kind)
    found: st.SearchStrategy[Any]
    match typing.get_origin(kind):
        case typing.Union | types.UnionType:
            found = st.one_of(*map(anything, args))
        case typing.Literal:
            found = st.sampled_from(args)
        case builtins.tuple if args[1:] == (Ellipsis,):
            found = st.lists(anything(args[0]), max_size=2).map(tuple)
        case builtins.tuple:
            found = st.tuples(*map(anything, args))
        case builtins.frozenset:
            found = st.frozensets(anything(args[0]), max_size=2)
        case builtins.dict:
            found = st.dictionaries(texts, anything(args[1]), max_size=2)
        case _ if is_dataclass(kind):
            found = st.builds(typing.cast("Any", kind), *map(anything, parts(kind).values()))
        case _:
            found = st.sampled_from(list(kind)) if is_enum(kind) else LEAVES[kind][1]
    return found


def types_in(value: Any) -> Any:
    """The type of everything in it: a text may equal an enum, and a set another kind of set."""
    kind = type(value)
    if is_dataclass(value):
        return kind, [types_in(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple | list):
        return kind, [types_in(one) for one in value]
    if isinstance(value, dict):
        return kind, [types_in(one) for one in value.values()]
    return (kind, {type(one) for one in value}) if isinstance(value, frozenset) else kind
