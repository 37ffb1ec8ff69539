"""An answer of a provider, and everything that somebody could have made of it: each is another one to terraform.

It reads and writes answers with libraries that the code under test does not use: protobuf, and msgpack in C.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgpack
from tf.gen import tfplugin_pb2 as pb

Change = tuple[str, Any]  # what was done, and what came of it

# By the call: the message, and its field with a value.
MESSAGES: dict[str, tuple[Any, str]] = {
    "UpgradeResourceState": (pb.UpgradeResourceState.Response, "upgraded_state"),
    "ReadResource": (pb.ReadResource.Response, "new_state"),
    "PlanResourceChange": (pb.PlanResourceChange.Response, "planned_state"),
    "ReadDataSource": (pb.ReadDataSource.Response, "state"),
}
UNKNOWN = msgpack.ExtType(0, b"\0")
NOTHING = b"\xc0"
# Of the later protocol, which the library does not know: why a provider puts an object off. It has number 3, 4 or 6.
DEFERRED = b"\x08\x01"


def tampered(method: str, answer: bytes) -> Iterator[tuple[str, bytes]]:
    """What was done, and the answer then. Nothing that terraform would take for the same is among them."""
    name = method.rpartition("/")[2]
    kind, field = MESSAGES.get(name, (pb.ConfigureProvider.Response, ""))
    yield from _diagnosed(kind, answer)
    if answer:
        yield "cut off", answer[:-1]
    yield "a field that nobody knows", answer + b"\xfa\x3f\x01x"
    if not field:
        return
    yield from _beside(kind, field, answer)
    whole = kind.FromString(answer)
    value = getattr(whole, field)
    if not value.msgpack:
        return
    before = unpacked(value.msgpack)
    for what, after in ways(before):
        value.msgpack = msgpack.packb(after)
        yield what, whole.SerializeToString()


def _diagnosed(kind: Any, answer: bytes) -> Iterator[tuple[str, bytes]]:
    for severity in ("WARNING", "ERROR"):
        whole = kind.FromString(answer)
        whole.diagnostics.add(severity=severity, summary="The account is closed")
        yield f"{severity.lower()} added", whole.SerializeToString()


def _beside(kind: Any, field: str, answer: bytes) -> Iterator[tuple[str, bytes]]:
    """What is no part of the value."""
    whole = kind.FromString(answer)
    getattr(whole, field).msgpack = NOTHING
    if whole != kind.FromString(answer):
        yield "gone", whole.SerializeToString()
    whole.ClearField(field)
    yield "no value", whole.SerializeToString()
    for private in ("private", "planned_private"):
        if private in kind.DESCRIPTOR.fields_by_name:
            whole = kind.FromString(answer)
            setattr(whole, private, getattr(whole, private) + b"x")
            yield "private data", whole.SerializeToString()
    if kind is pb.PlanResourceChange.Response:
        whole = kind.FromString(answer)
        whole.requires_replace.add().steps.add(attribute_name="name")
        yield "has to be replaced", whole.SerializeToString()
        whole = kind.FromString(answer)
        whole.legacy_type_system = not whole.legacy_type_system
        yield "another type system", whole.SerializeToString()
    number = {"new_state": 4, "planned_state": 6, "state": 3}.get(field)
    if number:
        yield "put off", answer + bytes([number << 3 | 2, len(DEFERRED)]) + DEFERRED


def ways(value: Any, at: str = "") -> Iterator[Change]:
    """Each value with one change somewhere in it."""
    if at:
        yield f"{at} unknown", UNKNOWN
    if at and value is not None:
        yield f"{at} null", None
    match value:
        case list():
            yield from _of_list(value, at)
        case dict():
            yield from _of_map(value, at)
        case _:
            yield from ((f"{at} changed", other) for other in _others(value))


def _others(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case str():
            yield f"{value}x"
            if value.swapcase() != value:
                yield value.swapcase()
            if value.isdecimal():
                yield int(value)


def _of_list(value: list[Any], at: str) -> Iterator[Change]:
    yield f"{at} longer", [*value, value[-1] if value else "x"]
    if value:
        yield f"{at} shorter", value[1:]
    if value != value[::-1]:
        yield f"{at} in another order", value[::-1]
    for number, one in enumerate(value):
        for what, other in ways(one, f"{at}[{number}]"):
            yield what, [*value[:number], other, *value[number + 1 :]]


def _of_map(value: dict[str, Any], at: str) -> Iterator[Change]:
    yield f"{at} with another key", {**value, "by": "hand"}
    for one, other in pairwise(sorted(value)):
        if typed(value[one]) != typed(value[other]):
            yield f"{at} with {one} and {other} exchanged", {**value, one: value[other], other: value[one]}
    for name, inner in value.items():
        yield f"{at}.{name} removed", {key: each for key, each in value.items() if key != name}
        for what, changed in ways(inner, f"{at}.{name}"):
            yield what, {**value, name: changed}


def unpacked(value: bytes) -> Any:
    return msgpack.unpackb(value, strict_map_key=False)


def meant(method: str, answer: bytes) -> Any:
    """What terraform understands: two answers with equal ones are the same to it."""
    kind, field = MESSAGES.get(method.rpartition("/")[2], (None, ""))
    if kind is None:
        return answer
    try:
        whole = kind.FromString(answer)
        value = getattr(whole, field)
        understood = typed(unpacked(value.msgpack)) if value.msgpack else None
        whole.ClearField(field)
    except Exception:  # noqa: BLE001 - of whatever cannot be read
        return answer
    return understood, whole.SerializeToString(deterministic=True)


def typed(value: Any) -> Any:
    """With the types, and without the order of maps."""
    match value:
        case dict():
            return {key: typed(one) for key, one in value.items()}
        case list():
            return [typed(one) for one in value]
    return type(value).__name__, value


def shuffled(method: str, answer: bytes) -> bytes:
    """The same answer, with each map backwards."""
    kind, field = MESSAGES[method.rpartition("/")[2]]
    whole = kind.FromString(answer)
    value = getattr(whole, field)
    if value.msgpack:
        value.msgpack = msgpack.packb(backwards(unpacked(value.msgpack)))
    return bytes(whole.SerializeToString())


def backwards(value: Any) -> Any:
    match value:
        case dict():
            return {key: backwards(value[key]) for key in reversed(value)}
        case list():
            return [backwards(one) for one in value]
    return value
