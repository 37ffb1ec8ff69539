"""The meaning of a plain YAML scalar, and scalars that are refused because programs read them differently.

YAML 1.1 and 1.2 disagree about octal numbers, `1_000`, `12:30`, dates, `yes` and `off`. Values that both read
alike are accepted; the rest has to be quoted.
"""

import math
from typing import Any, NamedTuple

from runner.model.values.regex import regex

_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
DOUBTFUL = frozenset(
    form for word in ("yes", "no", "on", "off") for form in (word, word.capitalize(), word.upper())
)
_LONGEST_OF_A_VERSION = 4  # as in 2026.0
_EXACT_DIGITS = 17  # a double keeps no more, and an account id has 12

_INTEGER = regex(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = regex(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?")
_TRAPS = tuple(
    (regex(pattern), reason)
    for pattern, reason in (
        (r"[-+]?0[0-9][0-9_]*(?:\.[0-9_]*)?", "a number would lose its leading zero"),
        (r"[-+]?0[xob][0-9a-fA-F_]+", "only some programs read this as a number"),
        (
            r"[-+]?[0-9][0-9_]*(?::[0-9_]+)+(?:\.[0-9_]*)?",
            "some programs read this as a base 60 number",
        ),
        (r"[-+]?[0-9]+_[0-9_]*(?:\.[0-9_]*)?", "some programs read this as a number"),
        (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?", "some programs read this as a date"),
        (r"[-+]?(?:[0-9]+\.?|[0-9]*\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "some programs read this as a number"),
        (r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "terraform has no such number"),
    )
)


class Trap(NamedTuple):
    """Why a plain scalar has to be quoted."""

    reason: str


def plain(text: str) -> Any:
    """The value of a scalar that was written without quotes, or a Trap."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in "+-.0123456789" else text


def loses_zeros(text: str, value: Any) -> bool:
    """Whether terraform changes the text of a number: 1.30 becomes 1.3 and 1.0 becomes 1, which are other versions."""
    if not isinstance(value, float) or not text.endswith("0") or "e" in text.lower():
        return False
    # `10000000000.0` is a number, and too long for a version.
    return repr(value) != text or len(text.partition(".")[0]) <= _LONGEST_OF_A_VERSION


def _number(text: str) -> Any:
    whole = _INTEGER.fullmatch(text)
    if whole is None and _DECIMAL.fullmatch(text) is None:
        return next((Trap(reason) for pattern, reason in _TRAPS if pattern.fullmatch(text)), text)
    if len(text) > _EXACT_DIGITS:
        return Trap("a number this long would lose digits")
    if whole is not None:
        return int(text)
    decimal = float(text)
    return decimal if math.isfinite(decimal) else Trap("this number is too large")
