"""YAML that other tools read, with the place of every value. More is allowed than in our own files: anchors, merge keys,
duplicate keys. Nothing here is composed or expanded beyond a limit.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
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

from runner.config.place import KeyPath, dotted
from runner.config.scalar import Trap, plain
from runner.config.walk import FORBIDDEN, LOADER
from runner.errors import NotImportable
from runner.model.values.frozen import dataclass

MAX_BYTES = 4 << 20
MAX_VALUES = 50_000  # aliases count as often as they are used
MAX_DEPTH = 30
_MERGE = "<<"
_TRUE, _FALSE = re.compile(r"(?i)true|yes|on"), re.compile(r"(?i)false|no|off")


@dataclass(frozen=True)
class Node:
    """`value` is a scalar, a dict of nodes or a list of nodes. `path` is where it is used, `line` where it is written."""

    path: KeyPath
    line: int
    value: Any
    size: int = 1
    height: int = 1
    anchored: bool = False  # aliases may stand for it elsewhere
    by_alias: bool = False  # written once, and used in several places

    @property
    def key(self) -> str:
        return dotted(self.path)

    @property
    def items(self) -> Mapping[str, "Node"]:
        """Its keys, if it is a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def parts(self) -> tuple["Node", ...]:
        """Its elements, if it is a list."""
        return tuple(self.value) if isinstance(self.value, list) else ()

    @property
    def is_scalar(self) -> bool:
        return not isinstance(self.value, dict | list)

    @property
    def text(self) -> str | None:
        """A scalar as a text; None for nothing, and for a mapping or a list."""
        if self.value is None or not self.is_scalar:
            return None
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)

    @property
    def number(self) -> int | None:
        return self.value if type(self.value) is int else None

    @property
    def switch(self) -> bool | None:
        """Also of `yes` and `off`, as YAML 1.1 has it; None for anything else."""
        if self.text is not None and _TRUE.fullmatch(self.text):
            return True
        return False if self.text is not None and _FALSE.fullmatch(self.text) else None

    def leaves(self) -> Iterator["Node"]:
        """The scalars below, and mappings and lists with nothing in them."""
        inner = list(self.items.values()) or list(self.parts)
        if not inner:
            yield self
        for part in inner:
            yield from part.leaves()

    def at(self, path: KeyPath) -> "Node":
        """The same value where an alias uses it."""
        match self.value:
            case dict():
                value: Any = {key: part.at((*path, key)) for key, part in self.value.items()}
            case list():
                value = [part.at((*path, index)) for index, part in enumerate(self.value)]
            case _:
                value = self.value
        return replace(self, path=path, value=value, by_alias=True)


def read_nodes(file: str, content: bytes) -> list[Node]:
    """The documents with anything in them; NotImportable for what is no YAML, or too much of it."""
    if len(content) > MAX_BYTES:
        raise NotImportable(file=file, problem=f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        text = content.decode().removeprefix("\ufeff")
        if bad := FORBIDDEN.search(text):
            raise NotImportable(file=file, problem=f"it contains the character U+{ord(bad[0]):04X}")
        found = list(_Builder(file, text).documents())
    except UnicodeDecodeError:
        raise NotImportable(file=file, problem="it is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotImportable(file=file, problem=f"line {line}: {error.problem or 'not valid YAML'}") from None
    except yaml.YAMLError:
        raise NotImportable(file=file, problem="it is not valid YAML") from None
    return [node for node in found if node.value is not None]


class _Builder:
    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._next = LOADER(text).get_event
        self._left = MAX_VALUES
        self._anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        while (event := self._next()) is not None and type(event) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                self._anchors.clear()
                yield self._node(self._next(), (), 0)

    def _node(self, event: Any, path: KeyPath, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._too_deep()
        line = event.start_mark.line + 1
        match event:
            case AliasEvent():
                return self._alias(event, path, depth)
            case ScalarEvent():
                made = Node(path, line, _scalar(event))
            case MappingStartEvent():
                made = self._mapping(path, line, depth)
            case _:
                made = self._sequence(path, line, depth)
        self._spend(1)
        if event.anchor is not None:
            made = replace(made, anchored=True)
            self._anchors[event.anchor] = made
        return made

    def _alias(self, event: Any, path: KeyPath, depth: int) -> Node:
        known, line = self._anchors.get(event.anchor), event.start_mark.line + 1
        if known is None:
            raise NotImportable(file=self._file, problem=f"line {line}: *{event.anchor} stands for nothing")
        self._spend(known.size)
        if depth + known.height > MAX_DEPTH:
            raise self._too_deep()
        return known.at(path)

    def _mapping(self, path: KeyPath, line: int, depth: int) -> Node:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        while type(event := self._next()) is not MappingEndEvent:
            key = event.value if type(event) is ScalarEvent else "?"
            if type(event) is not ScalarEvent:
                self._node(event, (*path, key), depth + 1)
            value = self._node(self._next(), (*path, key), depth + 1)
            if key == _MERGE:
                for source in value.parts or (value,):
                    inner = {name: part.at((*path, name)) for name, part in source.items.items()}
                    merged = {**inner, **merged}
            else:
                # A second value of the same key is what tools differ about: both are shown.
                name = _free(key, value.line, event.start_mark.column + 1, own)
                own[name] = value if name == key else value.at((*path, name))
        items = {**merged, **own}
        return Node(path, line, items, *_measures(items.values()))

    def _sequence(self, path: KeyPath, line: int, depth: int) -> Node:
        parts: list[Node] = []
        while type(event := self._next()) is not SequenceEndEvent:
            parts.append(self._node(event, (*path, len(parts)), depth + 1))
        return Node(path, line, parts, *_measures(parts))

    def _too_deep(self) -> NotImportable:
        return NotImportable(file=self._file, problem=f"nesting exceeds {MAX_DEPTH} levels")

    def _spend(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise NotImportable(file=self._file, problem=f"it has more than {MAX_VALUES:,} values")


def _free(key: str, line: int, column: int, taken: Mapping[str, Node]) -> str:
    """The key, or what a repetition of it is called; a line may have several."""
    if key not in taken:
        return key
    again = f"{key} (again on line {line})"
    return again if again not in taken else f"{key} (again on line {line}, column {column})"


def _measures(parts: Iterable[Node]) -> tuple[int, int]:
    inner = list(parts)
    return 1 + sum(part.size for part in inner), 1 + max((part.height for part in inner), default=0)


def _scalar(event: Any) -> Any:
    if event.style:
        return event.value
    value = plain(event.value)
    # A version such as 1.10 is a text to everyone who wrote it.
    return event.value if isinstance(value, float) or type(value) is Trap else value
