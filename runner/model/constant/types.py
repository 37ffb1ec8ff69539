"""The declared type of a variable, and whether a value has it.

Both engines convert defaults. Terraform converts given values too, OpenTofu does not before it has a state: so a given
value must need no conversion.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from runner.model.constant.expression import (
    Call,
    Entries,
    Expression,
    Items,
    Name,
    Refused,
    Value,
    below,
)
from runner.model.constant.text import kind_of, text_of

SCALARS = frozenset({"string", "number", "bool"})
_MOST_CHARACTERS = 40


def scalar(declared: Expression | None) -> bool:
    """Whether an environment variable holds the plain text of the value, and no expression."""
    return declared is None or (isinstance(declared, Name) and declared.text in SCALARS)


def converted(value: Value, declared: Expression | None) -> Value:
    """The value as one of the declared type; Refused if that is not certain."""
    match declared:
        case None | Name("any"):
            return value
        case Name("string") if value is None:
            return None  # the only null with a type that is followed
        case Name(name) if name in SCALARS and value is not None:
            return _scalar(value, name)
        case Call():
            return _collection(value, declared)
    raise Refused(f"it is a {kind_of(value)}, and not declared as one")


def _collection(value: Value, declared: Call) -> Value:
    match declared, value:
        case Call("list", (inner,)), list():
            return _of_one_kind([converted(one, inner) for one in value], inner)
        case Call("map", (inner,)), dict():
            return _of_one_kind({key: converted(one, inner) for key, one in value.items()}, inner)
        case Call("tuple", (Items(types),)), list() if len(types) == len(value):
            return [converted(one, inner) for one, inner in zip(value, types, strict=True)]
        case Call("object", (Entries(entries),)), dict():
            return _object(value, dict(entries))
    raise Refused(f"it is a {kind_of(value)}, and not declared as such a one")


def _of_one_kind(value: Value, inner: Expression) -> Value:
    """With `any`, the engine converts the elements to one type; scalars of one kind need no conversion."""
    if Name("any") in below(inner) and len(set(_kinds(value))) > 1:
        raise Refused("it has elements of different types")
    return value


def _kinds(value: Value) -> Iterator[str]:
    match value:
        case list():
            for part in value:
                yield from _kinds(part)
        case dict():
            for part in value.values():
                yield from _kinds(part)
        case None:
            return
        case _:
            yield kind_of(value)


def _object(value: dict[str, Value], types: dict[str, Expression]) -> dict[str, Value]:
    if value.keys() != types.keys():
        raise Refused("it has other attributes than its type")
    return {key: converted(one, _required(types[key])) for key, one in value.items()}


def _required(declared: Expression) -> Expression:
    """An optional attribute that has a value is like any other."""
    return declared.arguments[0] if isinstance(declared, Call) and _optional(declared) else declared


def _optional(declared: Call) -> bool:
    return declared.function == "optional" and 0 < len(declared.arguments) < 3


def _scalar(value: Value, name: str) -> Value:
    kind = kind_of(value)
    if kind == name:
        return value
    if name == "string" and kind in SCALARS:
        return text_of(value)
    if name == "bool" and isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    if name == "number" and isinstance(value, str) and len(value) <= _MOST_CHARACTERS:
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("nan")
        if number.is_finite() and value.removeprefix("-").replace(".", "", 1).isdigit() and value.isascii():
            return number
    raise Refused(f"it is a {kind}, and declared as {name}")


def same(one: Value, other: Value) -> bool:
    """With equal types: for Python, True is 1."""
    if kind_of(one) != kind_of(other):
        return False
    match one:
        case list():
            return len(one) == len(other) and all(map(same, one, other))
        case dict():
            return one.keys() == other.keys() and all(same(part, other[key]) for key, part in one.items())
        case _:
            return bool(one == other)
