"""Locations in a YAML file, and problems of the YAML itself."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_PROBLEMS = (
    30  # reported problems of one document; a file that is no configuration at all would give thousands
)

KeyPath = tuple[str | int, ...]


class Place(NamedTuple):
    """Counted from 1. `source` is a plain scalar as it was written."""

    line: int
    column: int
    source: str | None = None


class Flaw(NamedTuple):
    """A problem that no reading of the keys can fix."""

    path: KeyPath
    place: Place
    message: str


@dataclass
class Document:
    """One YAML document. `complete` is false if it could not be read to its end."""

    data: Any = None
    complete: bool = True
    flaws: list[Flaw] = field(default_factory=list)
    doubtful: list[KeyPath] = field(default_factory=list)  # plain yes, no, on, off, and 1.30
    values: dict[KeyPath, Place] = field(default_factory=dict)
    keys: dict[KeyPath, Place] = field(default_factory=dict)

    def place(self, path: KeyPath, *, at_key: bool = False) -> Place:
        """The location of the path, or of the nearest thing around it."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


def dotted(path: KeyPath) -> str:
    """`sources[0].auth.token`, as people write it."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        elif part.replace("-", "_").isidentifier():
            words += f".{part}" if words else part
        else:
            words += f'["{part if len(part) <= 40 else part[:39] + "…"}"]'
    return words if len(words) <= 120 else words[:119] + "…"


def value_at(data: Any, path: KeyPath) -> Any:
    """The value at the path, or None."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
