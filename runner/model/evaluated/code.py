"""What a plan's JSON leaves out of the code: locals, connections, `dynamic` blocks, and the text of what will run.

An engine reads it from the files that it planned. If it is unknown, the caller has to assume the worst.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property

from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

Names = tuple[str, ...]  # of module calls, from the root down

# Anything that looks like a path: unless what it names exists, it is ignored.
_REFERENCE = regex(r'[^\W\d][\w-]*(?:\s*\.\s*(?:[^\W\d][\w-]*|\d+)|\[(?:\d+|"(?:[^"\\$%]|\\.)*")\])+')
_BLANK = regex(r"\s*\.\s*")
# Comments may stand inside a path, and a string may contain what looks like one.
_COMMENT = regex(r"/\*.*?\*/|(?:#|//)[^\n]*", re.DOTALL)


class Part(StrEnum):
    PROVISIONER = "provisioner"
    CONNECTION = "connection"
    PROVIDER = "provider"
    ACTION = "action"
    LOCAL = "local"
    EPHEMERAL = "ephemeral"
    VARIABLE = "variable"  # an ephemeral variable
    DYNAMIC = "dynamic"  # of a resource; `name` is the path of the block that it makes


@dataclass(frozen=True)
class Snippet:
    """One block, or one local, as source text. `address` is what it belongs to, without its module."""

    module: Names
    part: Part
    address: str
    name: str = ""  # type of a provisioner
    arguments: tuple[tuple[str, str], ...] = ()
    at_destroy: bool = False
    removed: bool = False  # in a `removed` block

    @property
    def references(self) -> tuple[str, ...]:
        """Everything that its text may refer to, rather too much than too little."""
        return tuple(dict.fromkeys(reference for _, text in self.arguments for reference in mentioned(text)))


@dataclass(frozen=True)
class Code:
    """`unread` are modules with an unreadable file; if `read` is False, nothing is known."""

    snippets: tuple[Snippet, ...] = ()
    unread: tuple[Names, ...] = ()
    read: bool = True
    clock: bool = False  # whether it calls `plantimestamp`
    offsets: tuple[int, ...] = ()  # seconds that `timeadd` adds to a time

    def knows(self, module: Names) -> bool:
        return self.read and module not in self.unread

    def of(self, module: Names, part: Part, address: str) -> list[Snippet]:
        return self._by_place.get((module, part, address), [])

    @cached_property
    def _by_place(self) -> dict[tuple[Names, Part, str], list[Snippet]]:
        found: dict[tuple[Names, Part, str], list[Snippet]] = {}
        for one in self.snippets:
            found.setdefault((one.module, one.part, one.address), []).append(one)
        return found

    def named(self) -> dict[tuple[Names, str], tuple[str, ...]]:
        """What each local and each ephemeral resource refers to, in modules that were read completely.

        If a name occurs twice, in an override or in a file that OpenTofu skips, both count.
        """
        found: dict[tuple[Names, str], tuple[str, ...]] = {}
        for one in self.snippets:
            if one.part in {Part.LOCAL, Part.EPHEMERAL} and self.knows(one.module):
                place = (one.module, one.address)
                found[place] = (*found.get(place, ()), *one.references)
        return found

    def ephemeral(self) -> frozenset[str]:
        """The root's variables for which a plan's JSON has the default, whatever value is passed."""
        return frozenset(one.name for one in self.snippets if one.part is Part.VARIABLE and one.module == ())


UNREAD = Code(read=False)


def mentioned(text: str) -> Iterator[str]:
    """Everything the text may refer to, read with and without its comments."""
    bare = _COMMENT.sub(" ", text)
    for each in (text,) if bare == text else (text, bare):
        for found in _REFERENCE.finditer(each):
            yield _BLANK.sub(".", found[0])


def plain_reference(text: str, references: Iterable[str]) -> str | None:
    """The reference that makes up the whole expression or template, as the code has it; None if there is more."""
    bare = text.strip()
    if bare.startswith('"${') and bare.endswith('}"') and bare.count("${") == 1:
        bare = bare[3:-2].strip()
    return next((one for one in references if one == bare), None)
