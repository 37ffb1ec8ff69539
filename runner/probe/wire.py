"""Just enough of the protocol buffer wire format to take a provider's answers apart without knowing them.

A message is a sequence of fields, each a number, a wire type and a value
(https://protobuf.dev/programming-guides/encoding). Unparsed fields pass through byte for byte, so a newer
protocol with more fields is unharmed.
"""

from collections.abc import Iterator

from runner.model.values.frozen import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}


class NotAMessage(ValueError):
    """Bytes that are no protocol buffer message."""


@dataclass(frozen=True)
class Field:
    """`raw` is the whole field as read; `value` is the content of a BYTES field, otherwise empty."""

    number: int
    kind: int
    value: bytes
    raw: bytes


def fields(message: bytes) -> Iterator[Field]:
    """The fields in order; NotAMessage if the bytes do not fit."""
    at, end = 0, len(message)
    while at < end:
        start = at
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        value = b""
        if kind == VARINT:
            _, at = _varint(message, at)
        elif kind == BYTES:
            length, at = _varint(message, at)
            value = message[at : at + length]
            at += length
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise NotAMessage(f"wire type {kind} at byte {start}")
        if at > end or number == 0:
            raise NotAMessage(f"field {number} at byte {start} is cut off")
        yield Field(number, kind, value, message[start:at])


def first(message: bytes, number: int) -> bytes | None:
    """The content of the first BYTES field with this number."""
    return next((one.value for one in fields(message) if one.number == number and one.kind == BYTES), None)


def number_in(message: bytes, number: int) -> int:
    """The last VARINT field with this number; without one, 0, the format's default."""
    found = 0
    for one in fields(message):
        if one.number == number and one.kind == VARINT:
            _, behind_tag = _varint(one.raw, 0)
            found, _ = _varint(one.raw, behind_tag)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and its end."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise NotAMessage(f"number at byte {at} is cut off")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
