"""Queries over tags, as Terrateam has them: `prod and not (eu or dir:live/legacy)`."""

import re
from collections.abc import Callable

from runner.model.values.frozen import dataclass

LONGEST = 2_000
_TOKEN = re.compile(r"\s*(\(|\)|\"[^\"]*\"|[^\s()\"]+)")


@dataclass(frozen=True)
class Tagged:
    tags: frozenset[str]
    folder: str
    workspace: str


Matches = Callable[[Tagged], bool]


def query(text: str) -> Matches | None:
    """Whether something matches; None for a query that is not understood. An empty one matches everything."""
    if not text.strip():
        return lambda _: True
    tokens = _TOKEN.findall(text)
    if len(text) > LONGEST or "".join(tokens) != "".join(text.split()):
        return None
    try:
        found, rest = _either(tokens)
    except (IndexError, RecursionError):
        return None
    return None if rest else found


def _either(tokens: list[str]) -> tuple[Matches, list[str]]:
    first, tokens = _all(tokens)
    if tokens[:1] != ["or"]:
        return first, tokens
    second, tokens = _either(tokens[1:])
    return (lambda one: first(one) or second(one)), tokens


def _all(tokens: list[str]) -> tuple[Matches, list[str]]:
    """Words that only stand beside each other all have to match."""
    first, tokens = _one(tokens)
    if not tokens or tokens[0] in {"or", ")"}:
        return first, tokens
    second, tokens = _all(tokens[1:] if tokens[0] == "and" else tokens)
    return (lambda one: first(one) and second(one)), tokens


def _one(tokens: list[str]) -> tuple[Matches, list[str]]:
    word, tokens = tokens[0], tokens[1:]
    if word == "not":
        inner, tokens = _one(tokens)
        return (lambda one: not inner(one)), tokens
    if word == "(":
        inner, tokens = _either(tokens)
        if tokens[0] != ")":
            raise IndexError
        return inner, tokens[1:]
    if word in {")", "and", "or"}:
        raise IndexError
    if tokens[:2] == ["in", "dir"]:
        return (lambda one: word.strip('"') in one.folder.split("/")), tokens[2:]
    return _word(word.strip('"')), tokens


def _word(word: str) -> Matches:
    kind, colon, value = word.partition(":")
    if colon and kind == "dir":
        return lambda one: one.folder == value.strip("/") or one.folder.startswith(f"{value.strip('/')}/")
    if colon and kind == "workspace":
        return lambda one: one.workspace == value
    return lambda one: word in one.tags
