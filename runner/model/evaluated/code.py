"""What the code says and a plan's JSON leaves out: locals, connections, `dynamic` blocks, and the text of what will run.

An engine reads it from the files that it planned. Where it is not known, whoever asks has to think the worst.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

Names = tuple[str, ...]  # of module calls, from the root down

# Anything that looks like a path: what it names has to exist, or it is nothing.
_REFERENCE = re.compile(r'[^\W\d][\w-]*(?:\s*\.\s*(?:[^\W\d][\w-]*|\d+)|\[(?:\d+|"(?:[^"\\$%]|\\.)*")\])+')
_BLANK = re.compile(r"\s*\.\s*")
# They may stand inside of a path, and what looks like one may stand inside of a string.
_COMMENT = re.compile(r"/\*.*?\*/|(?:#|//)[^\n]*", re.DOTALL)


class Part(StrEnum):
    PROVISIONER = "provisioner"
    CONNECTION = "connection"
    PROVIDER = "provider"
    ACTION = "action"
    LOCAL = "local"
    EPHEMERAL = "ephemeral"
    VARIABLE = "variable"  # an ephemeral one
    DYNAMIC = "dynamic"  # of a resource; `name` is the path of the block that it makes


@dataclass(frozen=True)
class Snippet:
    """One block, or one local, as its source text. `address` is what it belongs to, without its module."""

    module: Names
    part: Part
    address: str
    name: str = ""  # the type of a provisioner
    arguments: tuple[tuple[str, str], ...] = ()
    at_destroy: bool = False
    removed: bool = False  # of a `removed` block

    @property
    def references(self) -> tuple[str, ...]:
        """Everything that its text may refer to; more than that rather than less."""
        return tuple(dict.fromkeys(reference for _, text in self.arguments for reference in mentioned(text)))


@dataclass(frozen=True)
class Code:
    """`unread` are modules with a file that could not be read; nothing is known where `read` is False."""

    snippets: tuple[Snippet, ...] = ()
    unread: tuple[Names, ...] = ()
    read: bool = True
    clock: bool = False  # whether it calls `plantimestamp`
    offsets: tuple[int, ...] = ()  # that it adds to a time by `timeadd`, in seconds

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
        """What each local and each ephemeral resource refers to, of the modules that were read as a whole.

        Of two with one name, in an override or in a file that OpenTofu passes over, both count.
        """
        found: dict[tuple[Names, str], tuple[str, ...]] = {}
        for one in self.snippets:
            if one.part in {Part.LOCAL, Part.EPHEMERAL} and self.knows(one.module):
                place = (one.module, one.address)
                found[place] = (*found.get(place, ()), *one.references)
        return found

    def ephemeral(self) -> frozenset[str]:
        """The root's variables of which a plan's JSON has the default, whatever is handed in."""
        return frozenset(one.name for one in self.snippets if one.part is Part.VARIABLE and one.module == ())


UNREAD = Code(read=False)


def mentioned(text: str) -> Iterator[str]:
    """Whatever the text may refer to, read with its comments and without them."""
    bare = _COMMENT.sub(" ", text)
    for each in (text,) if bare == text else (text, bare):
        for found in _REFERENCE.finditer(each):
            yield _BLANK.sub(".", found[0])


def plain_reference(text: str, references: Iterable[str]) -> str | None:
    """The reference that is all of this expression, or of this template, as the code has it; None where it is more."""
    bare = text.strip()
    if bare.startswith('"${') and bare.endswith('}"') and bare.count("${") == 1:
        bare = bare[3:-2].strip()
    return next((one for one in references if one == bare), None)
