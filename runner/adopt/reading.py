"""One file being read: whatever nobody has taken or explained when it ends is reported, so nothing gets lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from runner.adopt.node import Node
from runner.config.place import KeyPath
from runner.model.adopt.project import Kept, Note


class Without(NamedTuple):
    """Why a key has no counterpart, and what to do instead."""

    why: str
    instead: str = ""


Partless = Mapping[str, Without]
_UNKNOWN = Without("this key is not known here, and nothing was done with it", "check by hand what it does")


@dataclass
class Reading:
    file: str
    top: Node
    notes: list[Note] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    _settled: set[KeyPath] = field(default_factory=set)
    _told: set[tuple[int, KeyPath, str]] = field(default_factory=set)

    def keep(self, node: Node, became: str) -> None:
        """The value below this node is carried over."""
        for leaf in node.leaves():
            if leaf.path not in self._settled:
                self._settled.add(leaf.path)
                self.kept.append(Kept(self.file, leaf.line, leaf.key, became))

    def note(self, node: Node, why: str, instead: str = "") -> None:
        """It is not carried over, or not as it stands there."""
        self._settled.update(leaf.path for leaf in node.leaves())
        # What stands behind an anchor is told once.
        told = (node.line, node.path[-1:], why)
        if not (node.by_alias and told in self._told):
            self._told.add(told)
            self.notes.append(Note(self.file, node.line, node.key, why, instead))

    def is_settled(self, leaf: Node) -> bool:
        return leaf.path in self._settled

    def without(self, node: Node, partless: Partless) -> None:
        """Explain those of its keys that have no counterpart."""
        for key, value in node.items.items():
            if (reason := partless.get(key)) is not None:
                self.note(value, *reason)

    def text(self, node: Node, key: str, became: str) -> str | None:
        """The text of a key; anything else under this name is reported."""
        value = node.items.get(key)
        if value is None:
            return None
        if value.text is None:
            self.note(value, "expected a text")
            return None
        self.keep(value, became)
        return value.text

    def texts(self, node: Node | None, became: str) -> tuple[str, ...]:
        """The texts of a list, or a single one."""
        if node is None:
            return ()
        found = []
        for part in node.parts or ((node,) if node.is_scalar else ()):
            if part.text is None:
                self.note(part, "expected a text")
            else:
                self.keep(part, became)
                found.append(part.text)
        return tuple(found)

    def finish(self) -> None:
        """Report every value that is still unsettled; one that only defines an anchor counts where it is used."""
        for node in self.top.items.values():
            if node.anchored and not any(map(self.is_settled, node.leaves())):
                self.keep(node, "what its aliases became")
        for leaf in self.top.leaves():
            if leaf.path not in self._settled:
                self.note(leaf, *_UNKNOWN)
        self.notes.sort(key=lambda note: note.line)
