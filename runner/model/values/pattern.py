"""Patterns for addresses and attribute paths, as people write them in rules."""

from collections.abc import Iterable


def covers(pattern: str, name: str) -> bool:
    """Whether the pattern matches this name or something that contains it.

    `*` stands for any text, including dots and quotes; everything else is literal, even brackets.
    `aws_instance.web` covers `aws_instance.web["a"]`, `module.db` all resources in it, `tags` covers
    `tags.env`.
    """
    ends = [i for i, character in enumerate(name) if character in ".["]
    return any(_matches(pattern, name[:end]) for end in (*ends, len(name)))


def covered(patterns: Iterable[str], name: str) -> bool:
    return any(covers(pattern, name) for pattern in patterns)


def _matches(pattern: str, text: str) -> bool:
    """Each literal piece at its leftmost position: linear, where a regular expression could be made to run for hours."""
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
