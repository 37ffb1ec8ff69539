"""The code that a diagnostic is about, and what the values in it are: as terraform tells them, within bounds."""

from collections.abc import Callable
from dataclasses import replace

from runner.model.values.frozen import dataclass
from runner.model.values.width import width

MAX_LINES = 12
LONGEST_LINE = 240  # characters; of the first line those around the mark
BEFORE_MARK = 80
MAX_VALUES = 12
LONGEST_VALUE = 300


@dataclass(frozen=True)
class Snippet:
    """`line` is the number of the first line of `code`; `start` and `end` enclose what is marked in that line.

    `values` are sentences such as `var.size is "small"`.
    """

    code: str
    line: int | None = None
    start: int = 0
    end: int = 0
    context: str = ""  # such as `resource "aws_vpc" "main"`
    values: tuple[str, ...] = ()


def snippet(
    code: str, line: int | None, mark: tuple[int, int], context: str, values: tuple[str, ...]
) -> Snippet:
    """Bounded: a line may be a whole document, and its values may be many."""
    first, *more = code.split("\n")[:MAX_LINES]
    start, end = (min(max(0, at), len(first)) for at in mark)
    cut = max(0, start - BEFORE_MARK) if len(first) > LONGEST_LINE else 0
    lead = "…" if cut else ""
    shown = _short(lead + first[cut:], LONGEST_LINE)
    start, end = (min(at - cut + len(lead), len(shown)) for at in (start, max(start, end)))
    return Snippet(
        code="\n".join([shown, *(_short(one, LONGEST_LINE) for one in more)]),
        line=line,
        start=start,
        end=end,
        context=_short(context, LONGEST_LINE),
        values=tuple(_short(one, LONGEST_VALUE) for one in values[:MAX_VALUES]),
    )


def masked_snippet(of: Snippet, masked: Callable[[str], str]) -> Snippet:
    """Without secrets that only the plan told. What was masked may have moved the mark, which is left out then."""
    code = masked(of.code)
    start, end = (of.start, of.end) if code == of.code else (0, 0)
    values = tuple(map(masked, of.values))
    return replace(of, code=code, start=start, end=end, context=masked(of.context), values=values)


def code_rows(of: Snippet) -> list[str]:
    """The lines with their numbers, and under the first one what is marked in it."""
    lines = of.code.split("\n")
    numbers = [""] * len(lines) if of.line is None else [str(of.line + at) for at in range(len(lines))]
    rows = [f"{number:>4}: {line}".rstrip() for number, line in zip(numbers, lines, strict=True)]
    if of.start < of.end:
        before, marked = lines[0][: of.start], lines[0][of.start : of.end]
        rows.insert(1, f"      {' ' * width(before)}{'^' * width(marked)}")
    return rows


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
