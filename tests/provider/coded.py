"""Protobuf and MessagePack, as far as the plugin protocol needs them: each in a page, instead of 50 ms of imports."""

from __future__ import annotations

import _struct

TYPE_CHECKING = False  # what `typing` imports takes a quarter of a provider's start
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Unknown:
    """A value that is known after the apply, perhaps with what is known of it already."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed


UNKNOWN = Unknown(b"\xd4\0\0")


# ---- protobuf


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def number(field: int, value: int) -> bytes:
    """Nothing for 0, as protobuf does it."""
    return varint(field << 3 | VARINT) + varint(value) if value else b""


def part(field: int, value: bytes) -> bytes:
    """A message, which may be empty."""
    return varint(field << 3 | BYTES) + varint(len(value)) + value


def text(field: int, value: str) -> bytes:
    return part(field, value.encode()) if value else b""


def entry(field: int, key: str, value: bytes) -> bytes:
    """Of a map."""
    return part(field, text(1, key) + part(2, value))


class Message:
    """The fields of one, by their numbers. Of those that are not there `of` is empty and `number` is 0."""

    def __init__(self, content: bytes) -> None:
        self._fields: dict[int, list[Any]] = {}
        at = 0
        while at < len(content):
            tag, at = _varint(content, at)
            value, at = _value(content, at, tag & 7)
            self._fields.setdefault(tag >> 3, []).append(value)

    def of(self, field: int) -> bytes:
        value: bytes = self._fields.get(field, (b"",))[-1]
        return value

    def all(self, field: int) -> list[bytes]:
        return self._fields.get(field, [])

    def text(self, field: int) -> str:
        return self.of(field).decode()

    def number(self, field: int) -> int:
        value: int = self._fields.get(field, (0,))[-1]
        return value

    def has(self, field: int) -> bool:
        return field in self._fields


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _value(content: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == VARINT:
        return _varint(content, at)
    size = {FIXED64: 8, FIXED32: 4}.get(kind)
    if size is None:
        size, at = _varint(content, at)
    return content[at : at + size], at + size


# ---- MessagePack


def packed(value: Any) -> bytes:
    return _PACKED[type(value)](value)


def _packed_text(value: str) -> bytes:
    content = value.encode()
    return _head(len(content), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + content


def _packed_list(value: list[Any]) -> bytes:
    return _head(len(value), 0x90, 16, (None, 0xDC, 0xDD)) + b"".join(map(packed, value))


def _packed_map(value: dict[str, Any]) -> bytes:
    inner = b"".join(packed(key) + packed(one) for key, one in value.items())
    return _head(len(value), 0x80, 16, (None, 0xDE, 0xDF)) + inner


def _head(size: int, short: int, below: int, longer: tuple[int | None, int, int]) -> bytes:
    if size < below:
        return bytes((short | size,))
    for kind, width in zip(longer, (1, 2, 4), strict=True):
        if kind is not None and size < 1 << 8 * width:
            return bytes((kind,)) + size.to_bytes(width, "big")
    raise ValueError(size)


def _packed_int(value: int) -> bytes:
    if -32 <= value < 128:
        return bytes((value & 0xFF,))
    if value < 0:
        return b"\xd3" + value.to_bytes(8, "big", signed=True)
    return b"\xcf" + value.to_bytes(8, "big")


_PACKED: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"\xc0",
    bool: lambda value: b"\xc3" if value else b"\xc2",
    int: _packed_int,
    float: lambda value: b"\xcb" + _struct.pack(">d", value),
    str: _packed_text,
    list: _packed_list,
    dict: _packed_map,
    Unknown: lambda value: value.packed,
}


def unpacked(content: bytes) -> Any:
    return _unpacked(content, 0)[0]


def _unpacked(content: bytes, at: int) -> tuple[Any, int]:
    kind = content[at]
    if kind in _EXTENSIONS:
        return _unknown(content, at, kind)
    if kind in _SIZED:
        read, width = _SIZED[kind]
        size, at = _size(content, at + 1, width)
        return read(content, at, size)
    at += 1
    if 0x80 <= kind < 0xC0:
        read = _text if kind >= 0xA0 else _array if kind >= 0x90 else _map
        return read(content, at, kind & (31 if kind >= 0xA0 else 15))
    if kind in _NUMBERS:
        form = _NUMBERS[kind]
        return _struct.unpack_from(form, content, at)[0], at + _struct.calcsize(form)
    return _CONSTANTS[kind] if kind in _CONSTANTS else kind - (0x100 if kind >= 0xE0 else 0), at


def _size(content: bytes, at: int, width: int) -> tuple[int, int]:
    return int.from_bytes(content[at : at + width], "big"), at + width


def _text(content: bytes, at: int, size: int) -> tuple[Any, int]:
    return content[at : at + size].decode(), at + size


def _array(content: bytes, at: int, size: int) -> tuple[Any, int]:
    made = []
    for _ in range(size):
        value, at = _unpacked(content, at)
        made.append(value)
    return made, at


def _map(content: bytes, at: int, size: int) -> tuple[Any, int]:
    made = {}
    for _ in range(size):
        key, at = _unpacked(content, at)
        made[key], at = _unpacked(content, at)
    return made, at


def _unknown(content: bytes, start: int, kind: int) -> tuple[Any, int]:
    at, size = start + 1, _EXTENSIONS[kind]
    if kind <= 0xC9:  # the length has this width
        size, at = _size(content, at, size)
    end = at + 1 + size  # with the extension's own type
    whole = content[start:end]
    return UNKNOWN if whole == UNKNOWN.packed else Unknown(whole), end


# By the first byte: what follows, and how wide its length is.
_SIZED: dict[int, tuple[Callable[[bytes, int, int], tuple[Any, int]], int]] = {
    0xD9: (_text, 1), 0xDA: (_text, 2), 0xDB: (_text, 4),
    0xDC: (_array, 2), 0xDD: (_array, 4), 0xDE: (_map, 2), 0xDF: (_map, 4),
}  # fmt: skip
_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
