"""Patterns for addresses and attribute paths, as people write them in rules."""

from collections.abc import Iterable


def covers(pattern: str, name: str) -> bool:
    """Whether the pattern means this name or something that it is a part of.

    `*` stands for any text, dots and quotes included; everything else is literal, brackets too. `aws_instance.web`
    covers `aws_instance.web["a"]`, `module.db` all resources in it, `tags` covers `tags.env`.
    """
    ends = [i for i, character in enumerate(name) if character in ".["]
    return any(_matches(pattern, name[:end]) for end in (*ends, len(name)))


def covered(patterns: Iterable[str], name: str) -> bool:
    return any(covers(pattern, name) for pattern in patterns)


def _matches(pattern: str, text: str) -> bool:
    """Each literal piece at its leftmost place: linear, where a regular expression could be made to run for hours."""
    first, *pieces = pattern.split("*")
    if not pieces:
        return text == first
    *middle, last = pieces
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in middle:
        place = text.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True
