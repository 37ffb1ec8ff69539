"""The change of a multi-line text, or of a document inside a text, row by row with a little context."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise, zip_longest
from typing import Any

from runner.model.changes.common_lines import Pair, common_lines
from runner.model.changes.difference import path_text
from runner.model.changes.document_rows import Row, json_rows, line_rows, value_rows, yaml_rows
from runner.model.changes.value_text import WIDEST, shortened, value_text
from runner.model.values.text import safe_text

TALLEST = 60
CONTEXT = 2
_SHORT_JSON = 40
# Rows of one sign that are shown of a long run: these many first, and these many last.
_SHOWN_FIRST, _SHOWN_LAST = 6, 2
_LEFT_OUT = re.compile(r"… \((\d{1,3}(?:,\d{3}){0,3}) more lines\)")

Marked = tuple[str, str]  # "+", "-" or " ", and the line


def line_changes(before: Any, after: Any, *, limit: int = TALLEST, full: bool = False) -> list[Marked] | None:
    """The rows that differ; None if one line is enough."""
    both = _rows(before, after)
    if both is None:
        return None
    if isinstance(both, str):
        return [(" ", both)]
    return fitted(_changes(*both, full=full), limit, full=full)


def masked_line_changes(before: str, after: str, masked: tuple[str, str], limit: int) -> list[Marked] | None:
    """The differing lines after masking: two that look equal differ in what is masked.

    None if masking moved lines, so that they cannot be matched one by one.
    """
    sides = []
    for text, shown in zip((before, after), masked, strict=True):
        lines, seen = text.split("\n"), shown.split("\n")
        if len(lines) != len(seen):
            return None
        sides.append([Row(look, line) for line, look in zip(lines, seen, strict=True)])
    return fitted(_changes(*sides, full=False), limit)


def difference_rows(before: Any, after: Any, limit: int) -> list[Marked]:
    """The same; for a single line, the positions where it differs."""
    rows = line_changes(before, after, limit=limit)
    if rows is not None:
        return rows
    old, new = (value_text(side) for side in (before, after))
    cut = shortened(old, new)
    return [
        (symbol, text)
        for symbol, side, text in zip("-+", (before, after), cut, strict=True)
        if side is not None
    ]


def fitted(rows: Sequence[Marked], limit: int = TALLEST, *, full: bool = False) -> list[Marked]:
    """Limits the rows: long runs of one sign are shortened before a whole change is left out."""
    if full or len(rows) <= limit:
        return list(rows)
    if len({symbol for symbol, _ in rows}) > 1:
        rows = list(_folded(rows))
    left = _count(rows[limit:])
    return [*rows[:limit], (" ", f"… ({left:,} more lines)")] if left else list(rows)


def _folded(rows: Sequence[Marked]) -> Iterator[Marked]:
    for symbol, run in groupby(rows, key=lambda row: row[0]):
        same = list(run)
        middle = same[_SHOWN_FIRST:-_SHOWN_LAST]
        if len(middle) <= 1:
            yield from same
            continue
        yield from same[:_SHOWN_FIRST]
        yield symbol, f"… ({_count(middle):,} more lines)"
        yield from same[-_SHOWN_LAST:]


def _count(rows: Sequence[Marked]) -> int:
    """How many rows these represent: some may state that others were left out."""
    return sum(
        int(left[1].replace(",", "")) if (left := _LEFT_OUT.fullmatch(text)) else 1 for _, text in rows
    )


def _rows(before: Any, after: Any) -> tuple[list[Row], list[Row]] | str | None:
    """The rows of both sides, none for a null side; or a sentence saying that both are equal."""
    sides = [side for side in (before, after) if side is not None]
    if sides and all(isinstance(side, dict | list) for side in sides):
        wide = any(len(json.dumps(side, ensure_ascii=False)) > WIDEST for side in sides)
        return _both([value_rows(side) for side in sides], before, after) if wide else None
    if not sides or not all(isinstance(side, str) for side in sides):
        return None
    forms = [form for side in sides if (form := json_rows(side)) is not None]
    if len(forms) == len(sides) and any(len(side) > _SHORT_JSON for side in sides):
        return _both(forms, before, after, "JSON")
    if not any("\n" in side for side in sides):
        return None
    documents = yaml_rows(before, after) if len(sides) == 2 else None
    return _both(list(documents or map(line_rows, sides)), before, after, "YAML")


def _both(
    forms: list[list[Row]], before: Any, after: Any, kind: str = ""
) -> tuple[list[Row], list[Row]] | str:
    if before is None or after is None:
        return ([], forms[0]) if before is None else (forms[0], [])
    old, new = forms
    if kind and [row.same_as for row in old] == [row.same_as for row in new]:
        return f"(the same {kind}, formatted differently)"
    return old, new


def _changes(old: list[Row], new: list[Row], *, full: bool) -> list[Marked]:
    """A unified diff; a change is preceded by the name of the part of the document around it."""
    lines: list[Marked] = []
    end = 0  # end of the previous change, in `new`
    for a, b, c, d in _gaps(
        common_lines([row.same_as for row in old], [row.same_as for row in new]), old, new
    ):
        after = min(c, end + CONTEXT) if lines else 0
        first = max(after, c - CONTEXT)
        where = path_text((*old[a:b], *new[c:d])[0].where)
        lines += _equal(new[end:after], full=full)
        if first > after and (lines or where):
            lines.append((" ", safe_text(f"@ {where}") if where else "…"))
        lines += _equal(new[first:c], full=full)
        lines += _replaced(old[a:b], new[c:d], full=full)
        end = d
    return [*lines, *_equal(new[end : end + CONTEXT], full=full)]


def _gaps(common: Sequence[Pair], old: list[Row], new: list[Row]) -> Iterator[tuple[int, int, int, int]]:
    """The ranges of both sides between the rows they share."""
    edges = [(-1, -1), *common, (len(old), len(new))]
    for (a, c), (b, d) in pairwise(edges):
        if b - a > 1 or d - c > 1:
            yield a + 1, b, c + 1, d


def _equal(rows: list[Row], *, full: bool) -> list[Marked]:
    return [(" ", shortened(_shown(row.text), "", full=full)[0]) for row in rows]


def _replaced(old: list[Row], new: list[Row], *, full: bool) -> list[Marked]:
    """Rows are cut in pairs, so that a change inside a long row stays visible."""
    pairs = [
        shortened(_shown(one.text), _shown(other.text), full=full)
        for one, other in zip_longest(old, new, fillvalue=_NO_ROW)
    ]
    removed = [("-", before) for before, _ in pairs[: len(old)]]
    return [*removed, *(("+", after) for _, after in pairs[: len(new)])]


def _shown(line: str) -> str:
    """Safe for a terminal, and not mistakable for the marker of left-out lines."""
    text = safe_text(line)
    return text.replace("…", r"\u2026", 1) if _LEFT_OUT.fullmatch(text) else text


_NO_ROW = Row("", "")
