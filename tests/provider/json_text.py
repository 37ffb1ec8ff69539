"""JSON by the part of Python's library that is written in C: all of it takes a fifth of a provider's start."""

from __future__ import annotations

from _json import encode_basestring_ascii, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Python:
    """What the values become."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


_WORDS = {None: "null", True: "true", False: "false"}
_scan = make_scanner(_Python)  # type: ignore[arg-type]  # whatever has these names


def parsed(text: str) -> Any:
    stripped = text.strip()
    value, end = _scan(stripped, 0)
    if end != len(stripped):
        raise ValueError(text)
    return value


def written(value: Any) -> str:
    """With the keys of objects in their order."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        rows = (f"{encode_basestring_ascii(key)}: {written(value[key])}" for key in sorted(value))
        return "{" + ", ".join(rows) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return _WORDS[value] if value is None or isinstance(value, bool) else repr(value)
