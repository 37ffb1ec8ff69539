"""Values on one line for a diff, cut so that the difference stays visible."""

import json
import re
from itertools import pairwise
from typing import Any

from runner.model.changes.common_lines import common_lines
from runner.model.values.text import safe_text

WIDEST = 120
_KEPT_BEFORE_DIFFERENCE = 12
_WORD_OR_SIGN = re.compile(r"\w+|\W")
# Up to this many differing characters, several separate differences are looked for.
_MAX_COMPARED = 200_000


def value_text(value: Any, *, named: bool = False) -> str:
    """One line: JSON, or the plain words of MASK and UNKNOWN if the value is `named` so."""
    return safe_text(value if named else json.dumps(value, ensure_ascii=False))


def shortened(before: str, after: str, *, full: bool = False) -> tuple[str, str]:
    """Both texts cut to fit on a line, with the difference visible."""
    if full or max(len(before), len(after)) <= WIDEST:
        return before, after
    if not before or not after:
        return _cut(before, 0), _cut(after, 0)
    start = _equal(before, after)
    kept = max(0, start - _KEPT_BEFORE_DIFFERENCE)
    end = _equal(before[start:][::-1], after[start:][::-1])
    differing = max(len(before), len(after)) - end - kept
    if differing <= WIDEST or differing > _MAX_COMPARED:
        return _cut(before, kept), _cut(after, kept)
    return _pieces(before, after, kept, end)


def _equal(one: str, other: str) -> int:
    """The length of the common prefix."""
    shorter = min(len(one), len(other))
    return next((i for i in range(shorter) if one[i] != other[i]), shorter)


def _cut(text: str, start: int) -> str:
    begin = "…" if start else ""
    rest = text[start:]
    if len(rest) <= WIDEST:
        return begin + rest
    return f"{begin}{rest[:WIDEST]}… ({len(rest) - WIDEST:,} more characters)"


def _pieces(before: str, after: str, start: int, end: int) -> tuple[str, str]:
    """The differences in several places, each with a little context."""
    old, new = (_WORD_OR_SIGN.findall(text[start : len(text) - end]) for text in (before, after))
    edges = [(-1, -1), *common_lines(old, new), (len(old), len(new))]
    old_parts, new_parts = ["…" if start else ""], ["…" if start else ""]
    equal: list[str] = []
    for (a, b), (c, d) in pairwise(edges):
        if c - a > 1 or d - b > 1:
            around = _around("".join(equal))
            old_parts += [around, *old[a + 1 : c]]
            new_parts += [around, *new[b + 1 : d]]
            equal = []
        equal += old[c : c + 1]
    around = _around("".join(equal))
    tail = _KEPT_BEFORE_DIFFERENCE
    rest = before[len(before) - end :]
    close = rest if len(rest) <= tail else f"{rest[:tail]}… ({len(rest) - tail:,} more characters)"
    return _within("".join(old_parts) + around, close), _within("".join(new_parts) + around, close)


def _around(equal: str) -> str:
    kept = _KEPT_BEFORE_DIFFERENCE
    return equal if len(equal) <= 2 * kept else f"{equal[:kept]}…{equal[-kept:]}"


def _within(text: str, close: str) -> str:
    limit = 3 * WIDEST
    if len(text) <= limit:
        return text + close
    return f"{text[:limit]}… ({len(text) - limit:,} more characters that differ)"
