"""How much text fits where a forge has a limit."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, takewhile

MARKER_ROOM = 1100  # the hidden first line is added to the body


def size(lines: Iterable[str]) -> int:
    """In bytes: forges differ in how they count characters."""
    return sum(len(line.encode()) + 1 for line in lines)


def listed(head: Sequence[str], rows: Sequence[str], more: Callable[[int], str], room: int) -> list[str]:
    """As many rows as fit, and how many more there are; nothing without rows."""
    whole = [*head, *rows]
    if not rows or size(whole) <= room:
        return whole if rows else []
    kept = first(rows, room - size([*head, more(len(rows))]))
    return [*head, *kept, more(len(rows) - len(kept))]


def first(lines: Sequence[str], room: int) -> Sequence[str]:
    """The first lines, as many as fit."""
    ends = accumulate(size([line]) for line in lines)
    return lines[: sum(1 for _ in takewhile(lambda end: end <= room, ends))]


def share(sizes: Sequence[int], room: int) -> int:
    """How big each may be, so that all of them fit: what small ones leave over is for the big ones."""
    left, count = room, len(sizes)
    for size in sorted(sizes):
        if size * count > left:
            return max(0, left // count)
        left -= size
        count -= 1
    return max(sizes, default=0)
