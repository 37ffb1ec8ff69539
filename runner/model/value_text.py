"""Values as people read them in a diff: on one line, or line by line where a text has several."""

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

from runner.model.text import safe_text

WIDEST = 120
TALLEST = 60
CONTEXT = 2
_SHORT_JSON = 40
_KEPT_BEFORE_DIFFERENCE = 12
# Beyond this many lines a line by line comparison (quadratic at worst) is not worth its time.
_MOST_COMPARED = 2_000

Marked = tuple[str, str]  # "+", "-" or " ", and a line


def value_text(value: Any, *, named: bool = False) -> str:
    """One line: JSON, or the plain words of MASK and UNKNOWN where the value is `named` so."""
    return safe_text(value if named else json.dumps(value, ensure_ascii=False))


def shortened(before: str, after: str, *, full: bool = False) -> tuple[str, str]:
    """Both texts cut to what fits on a line, so that where they begin to differ is always in sight."""
    if full or max(len(before), len(after)) <= WIDEST:
        return before, after
    equal = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(0, equal - _KEPT_BEFORE_DIFFERENCE)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    begin = "…" if start else ""
    rest = text[start:]
    if len(rest) <= WIDEST:
        return begin + rest
    return f"{begin}{rest[:WIDEST]}… ({len(rest) - WIDEST:,} more characters)"


def line_changes(before: Any, after: Any, *, full: bool = False) -> list[Marked] | None:
    """The line by line difference of two texts, or of JSON inside texts; None where one line says it all."""
    texts = [side for side in (before, after) if side is not None]
    if not texts or not all(isinstance(text, str) for text in texts):
        return None
    forms = [_json_form(text) for text in texts]
    if any(len(text) > _SHORT_JSON for text in texts) and all(form is not None for form in forms):
        written = dict(zip(texts, forms, strict=True))
    elif any("\n" in text for text in texts):
        written = {text: text for text in texts}
    else:
        return None
    old, new = (None if side is None else (written[side] or "").split("\n") for side in (before, after))
    if old == new:
        return [(" ", "(the same JSON, written otherwise)")]
    return list(_capped(_compare(old, new), full=full))


def _json_form(text: str) -> str | None:
    """The JSON container in a text, one part a line; None where it is none, or where reading it would hide a part."""
    if text[:1] not in {"{", "["}:
        return None
    try:
        content = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def _compare(old: list[str] | None, new: list[str] | None) -> Iterator[Marked]:
    if old is None or new is None or len(old) + len(new) > _MOST_COMPARED:
        yield from (("-", line) for line in old or ())
        yield from (("+", line) for line in new or ())
        return
    for i, group in enumerate(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT)):
        if i:
            yield " ", "…"
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from ((" ", line) for line in old[old_start:old_end])
            else:
                yield from (("-", line) for line in old[old_start:old_end])
                yield from (("+", line) for line in new[new_start:new_end])


def _capped(changes: Iterator[Marked], *, full: bool) -> Iterator[Marked]:
    for symbol, line in changes if full else islice(changes, TALLEST):
        yield symbol, shortened(safe_text(line), "", full=full)[0]
    if left := sum(1 for _ in changes):
        yield " ", f"… ({left:,} more lines)"
