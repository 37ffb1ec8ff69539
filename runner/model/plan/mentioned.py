"""What may be paths in a plan's values: a provider may open such a file in the apply."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.changes.changes import Action
from runner.model.plan.reading import changing, understanding
from runner.model.secret.copies import texts

MOST, LONGEST = 100_000, 4096
ANY_FILE = ".."  # the directory above the code
_BETWEEN = re.compile(r"[\s\"'`<>|;,(){}\[\]]+")


def mentioned(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Texts with a slash in the values of everything that would change, secrets among them."""
    found: set[str] = set()
    with understanding(document):
        for entry, action in changing(document):
            for text in texts(entry["change"].get("before" if action is Action.DELETE else "after")):
                found.update(_paths(text))
            if len(found) > MOST:
                return (ANY_FILE,)
    return tuple(sorted(found))


def _paths(text: str) -> Iterator[str]:
    if "/" not in text and text != ANY_FILE:
        return
    for token in (text, *_BETWEEN.split(text)):
        if len(token) <= LONGEST and ("/" in token or token == ANY_FILE):
            yield token
            yield from _behind(token)


def _behind(token: str) -> Iterator[str]:
    """The path in `file://PATH` and in `name=PATH`."""
    for mark in ("://", "="):
        _, found, rest = token.partition(mark)
        if found and rest:
            yield rest
