"""The definition of a stack where it stands in a tree."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cached_property

from runner.model.stack.definition import StackDefinition, to_json
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, join, parent

# Parts of a definition that no plan reads. They take effect with the commit, without a plan or an apply.
AT_ONCE = frozenset(
    {
        "labels",
        "watch",
        "depends_on",
        "timeouts",
        "windows",
        "drift",
        "plan",
        "pool",
        "pool_labels",
        "paused",
        "renamed_from",
    }
)


@dataclass(frozen=True)
class Located:
    """A definition with its file. Everything in it is relative to the file's folder."""

    file: str
    definition: StackDefinition

    def at(self, relative: str) -> str | None:
        return join(parent(self.file), relative)

    @cached_property
    def module_path(self) -> str:
        """`.` also if it leaves the repository, which `path_problems` reports."""
        return self.at(self.definition.path) or TOP

    @cached_property
    def digest(self) -> str:
        """Digest of the parts of the definition that a plan reads, and of its approval rules."""
        read = {field.name: getattr(self.definition, field.name) for field in fields(StackDefinition)}
        return digest_of([to_json({name: value for name, value in read.items() if name not in AT_ONCE})])

    def watching(self, globs: tuple[str, ...]) -> "Located":
        return replace(self, definition=replace(self.definition, watch=globs))


def digest_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()
