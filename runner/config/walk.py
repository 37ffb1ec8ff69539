"""One pass over the events of a YAML text: plain data, and on request flaws and locations.

Nothing is composed. So an alias is refused before anything could be expanded, and a deeply nested file is
abandoned where it becomes too deep: libyaml takes seconds to scan `[[[[...`, and its composer recurses in C.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from runner.config.place import MAX_PROBLEMS, Document, Flaw, KeyPath, Place
from runner.config.scalar import DOUBTFUL, Trap, loses_zeros, plain

MAX_DEPTH = 20
MAX_VALUES = 4_000
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]|\r(?!\n)"
)
# Whoever writes one of these keys wants what it turns on; without a value YAML reads null, which turns it off.
MUST_SAY = frozenset({"previews"})
LOADER = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # libyaml is 20 times faster, and not available everywhere


class Odd(Exception):
    """Something in the file needs the careful reading"""


class TooMuch(Exception):
    """The rest of the text is not worth reading"""


class Walk:
    """Without `found`, the first oddity raises Odd; with it, each document is described there."""

    def __init__(self, text: str, found: list[Document] | None = None, line: int = 0) -> None:
        """`line` counts the lines of the file before this text."""
        self._next = LOADER(text).get_event
        self._found = found
        self._line = line
        self._depth = 0
        self._values = 0
        self.root: dict[str, Any] | None = None  # of the current document

    def documents(self) -> Iterator[Any]:
        while True:
            event = self._next()
            if type(event) is DocumentStartEvent:
                self.root = None
                if self._found is not None:
                    self._found.append(Document())
                if event.version or event.tags:
                    self._flaw((), event, "%YAML and %TAG directives are not allowed; remove it")
                yield self._value(self._next(), ())
            elif event is None or type(event) is StreamEndEvent:
                return

    def _value(self, event: Any, path: KeyPath) -> Any:
        kind = type(event)
        self._values += 1
        if self._values > MAX_VALUES:
            self._flaw(path, event, f"too many values: the limit is {MAX_VALUES}")
            raise TooMuch
        if self._found:
            self._found[-1].values[path] = self._place(event)
        if kind is ScalarEvent:
            return self._scalar(event, path)
        if kind is AliasEvent:
            self._flaw(path, event, f"aliases such as *{event.anchor} are not allowed; repeat the value")
            return None
        if event.anchor is not None or event.tag is not None:
            self._decorated(path, event)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._flaw(path, event, f"nesting exceeds {MAX_DEPTH} levels")
            raise TooMuch
        value = self._mapping(path) if kind is MappingStartEvent else self._sequence(path)
        self._depth -= 1
        return value

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if not path and self._depth == 1:
            self.root = data
        while True:
            event = self._next()
            if type(event) is MappingEndEvent:
                return data
            if type(event) is not ScalarEvent:
                self._flaw(path, event, "a key must be plain text")
                self._value(event, (*path, "?"))
                self._value(self._next(), (*path, "?"))
                continue
            key = event.value
            inner = (*path, key)
            if event.anchor is not None or event.tag is not None:
                self._decorated(inner, event)
            if key in data:
                first = self._found[-1].keys[inner].line if self._found else 0
                self._flaw(inner, event, f"duplicate key (first on line {first})")
                self._value(self._next(), (*path, "?"))
                continue
            if not key or key == "<<" or FORBIDDEN.search(key):
                self._flaw(path, event, _strange(key))
                self._value(self._next(), (*path, "?"))
                continue
            if self._found is not None:
                self._found[-1].keys[inner] = self._place(event)
            data[key] = self._value(self._next(), inner)

    def _sequence(self, path: KeyPath) -> list[Any]:
        data: list[Any] = []
        while type(event := self._next()) is not SequenceEndEvent:
            data.append(self._value(event, (*path, len(data))))
        return data

    def _scalar(self, event: Any, path: KeyPath) -> Any:
        if event.anchor is not None or event.tag is not None:
            self._decorated(path, event)
        text: str = event.value
        if event.style:
            if event.style == '"' and (bad := FORBIDDEN.search(text)):
                self._flaw(path, event, f"the character U+{ord(bad[0]):04X} is not allowed")
            return text
        if not text and path and path[-1] in MUST_SAY:
            self._flaw(path, event, "empty means that it is off; write {} for the defaults, or null")
        value = plain(text)
        if type(value) is Trap:
            self._flaw(path, event, f'{value.reason}; quote it: "{text}"')
            return text
        if text in DOUBTFUL or loses_zeros(text, value):
            if self._found is None:
                raise Odd
            self._found[-1].doubtful.append(path)
        return value

    def _decorated(self, path: KeyPath, event: Any) -> None:
        if event.anchor is not None:
            self._flaw(path, event, f"anchors such as &{event.anchor} are not allowed; repeat the value")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._flaw(path, event, f"tag {tag} is not allowed; remove it")

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        source = event.value if type(event) is ScalarEvent and not event.style else None
        return Place(mark.line + 1 + self._line, mark.column + 1, source)

    def _flaw(self, path: KeyPath, event: Any, message: str) -> None:
        if self._found is None:
            raise Odd
        flaws = self._found[-1].flaws
        flaws.append(Flaw(path, self._place(event), message))
        if len(flaws) > MAX_PROBLEMS:
            raise TooMuch


def _strange(key: str) -> str:
    if not key:
        return "a key is empty"
    if bad := FORBIDDEN.search(key):
        return f"the character U+{ord(bad[0]):04X} is not allowed in a key"
    return "the merge key << is not allowed; repeat the keys"
