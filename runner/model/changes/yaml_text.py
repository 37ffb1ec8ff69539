"""A YAML document inside a text: its parts, and which part each line belongs to.

It is read by events, because nothing else is safe for untrusted text: an alias can stand for millions of
parts, and libyaml's composer recurses in C.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from runner.model.changes.difference import Path

_LONGEST = 256 * 1024
_DEEPEST = 40
# A plain scalar that readers of all YAML versions take for this text.
_WORD = re.compile(r"[A-Za-z/][^\x00-\x1f]+|[A-MO-XZa-mo-xz]")
_STR = "tag:yaml.org,2002:str"


class Scalar(str):
    """A scalar as written: the number `1.10` is not `1.1`."""

    __slots__ = ()


class _NotRead(Exception):
    """No YAML document, or none that is worth reading"""


@dataclass
class YamlText:
    """`exact`: two documents with an equal `value` mean the same."""

    value: Any = None
    exact: bool = True
    documents: int = 1
    _lines: list[int] = field(default_factory=list)
    _paths: list[Path] = field(default_factory=list)

    def where(self, line: int) -> Path:
        """The part that contains a line, counted from 0."""
        index = bisect_right(self._lines, line) - 1
        if index < 0:
            return ()
        path = self._paths[index]
        return path[:-1] if self._lines[index] == line else path

    def at(self, line: int) -> Path:
        """The part that begins at a line, or the last one before it."""
        index = bisect_right(self._lines, line) - 1
        return self._paths[index] if index >= 0 else ()

    def began(self, path: Path, line: int) -> None:
        self._lines.append(line)
        self._paths.append(path)


def read_yaml(text: str) -> YamlText | None:
    """None if the text is no map and no list, or is too large, too deep, or broken."""
    if len(text) > _LONGEST or text.startswith("#!") or "\n" not in text or _nests(text) > _DEEPEST:
        return None
    import yaml

    kind = getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )  # libyaml is 20 times faster, and not available everywhere
    try:
        loader = kind(text)
    except (ValueError, yaml.YAMLError):  # a lone surrogate
        return None
    try:
        return _Reading(loader, yaml).document()
    except (yaml.YAMLError, _NotRead):
        return None
    finally:
        loader.dispose()


def _nests(text: str) -> int:
    """The maximum nesting of brackets, ignoring quotes: libyaml takes seconds for thousands of levels."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


class _Reading:
    def __init__(self, loader: Any, yaml: Any) -> None:
        self._loader, self._yaml = loader, yaml
        self._read = YamlText()

    def document(self) -> YamlText:
        documents: list[Any] = []
        while not isinstance(event := self._loader.get_event(), self._yaml.StreamEndEvent):
            if isinstance(event, self._yaml.DocumentStartEvent):
                self._read.exact &= not (event.version or event.tags)
                path: Path = (len(documents),) if documents else ()
                documents.append(self._value(self._loader.get_event(), path))
        if not any(isinstance(one, dict | list) and one for one in documents):
            raise _NotRead
        self._read.value = documents[0] if len(documents) == 1 else documents
        self._read.documents = len(documents)
        return self._read

    def _value(self, event: Any, path: Path) -> Any:
        if len(path) > _DEEPEST:
            raise _NotRead
        if isinstance(event, self._yaml.AliasEvent):
            self._read.exact = False
            return f"*{event.anchor}"
        self._read.exact &= event.anchor is None and event.tag is None
        if isinstance(event, self._yaml.ScalarEvent):
            return self._scalar(event)
        return self._map(path) if isinstance(event, self._yaml.MappingStartEvent) else self._list(path)

    def _scalar(self, event: Any) -> str:
        value: str = event.value
        if event.style:
            return value
        tag = self._loader.resolve(self._yaml.ScalarNode, value, (True, False))
        return value if tag == _STR and _WORD.fullmatch(value) else Scalar(value)

    def _map(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self._loader.get_event(), self._yaml.MappingEndEvent):
            key = self._value(event, path)
            if not isinstance(key, str):
                raise _NotRead
            self._read.exact &= key not in found and not isinstance(key, Scalar)
            self._read.began((*path, key), event.start_mark.line)
            found[key] = self._value(self._loader.get_event(), (*path, key))
        return found

    def _list(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self._loader.get_event(), self._yaml.SequenceEndEvent):
            self._read.began((*path, len(found)), event.start_mark.line)
            found.append(self._value(event, (*path, len(found))))
        return found
