"""The lines that two lists have in common, in roughly linear time for texts of any size.

`difflib` alone is quadratic. Lines that occur once on each side first cut a long text into short stretches,
as in a patience diff, and `difflib` compares what lies between them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise

# `difflib` compares stretches up to this many lines, counting both sides.
_SHORT = 800
# Only a text made to be slow needs more cuts than this.
_MAX_CUTS = 500

Pair = tuple[int, int]
Range = tuple[int, int, int, int]


def common_lines(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """The indices of each common line, in order."""
    from difflib import SequenceMatcher

    found: list[Pair] = []
    left: list[Range] = [(0, len(old), 0, len(new))]
    cuts = 0
    while left:
        start, end, new_start, new_end = _trimmed(old, new, left.pop(), found)
        if start == end or new_start == new_end:
            continue
        if end - start + new_end - new_start <= _SHORT:
            for block in SequenceMatcher(
                None, old[start:end], new[new_start:new_end], autojunk=False
            ).get_matching_blocks():
                found += [(start + block.a + i, new_start + block.b + i) for i in range(block.size)]
            continue
        cuts += 1
        anchors = _anchors(old, new, (start, end, new_start, new_end)) if cuts <= _MAX_CUTS else []
        found += anchors
        if anchors:
            edges = [(start - 1, new_start - 1), *anchors, (end, new_end)]
            left += [(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(edges)]
    return sorted(found)


def _trimmed(old: Sequence[Hashable], new: Sequence[Hashable], of: Range, found: list[Pair]) -> Range:
    """The range without its common prefix and suffix, which are added to `found`."""
    start, end, new_start, new_end = of
    while start < end and new_start < new_end and old[start] == new[new_start]:
        found.append((start, new_start))
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and old[end - 1] == new[new_end - 1]:
        end, new_end = end - 1, new_end - 1
        found.append((end, new_end))
    return start, end, new_start, new_end


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable], of: Range) -> list[Pair]:
    """Lines that occur once on each side; if there are none, the n-th occurrences on both sides."""
    start, end, new_start, new_end = of
    counts, new_counts = Counter(old[start:end]), Counter(new[new_start:new_end])
    once = {line for line, count in counts.items() if count == 1 and new_counts[line] == 1}
    if once:
        places = {old[i]: i for i in range(start, end) if old[i] in once}
        pairs = [(places[new[i]], i) for i in range(new_start, new_end) if new[i] in once]
    else:
        ranked = dict(zip(_ranked(old[start:end]), range(start, end), strict=True))
        pairs = [
            (ranked[key], i)
            for key, i in zip(_ranked(new[new_start:new_end]), range(new_start, new_end), strict=True)
            if key in ranked
        ]
    return _longest_rise(pairs)


def _ranked(lines: Sequence[Hashable]) -> Iterator[tuple[Hashable, int]]:
    seen: Counter[Hashable] = Counter()
    for line in lines:
        seen[line] += 1
        yield line, seen[line]


def _longest_rise(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest subsequence with rising indices on both sides; the second index rises already."""
    ends: list[int] = []  # the smallest end of a rise of each length
    holders: list[int] = []
    before: list[int] = []
    for number, (place, _) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(holders[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            holders.append(number)
        else:
            ends[length], holders[length] = place, number
    rise: list[Pair] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        rise.append(pairs[number])
        number = before[number]
    return rise[::-1]
