"""Which files of the repository a stack's code reads: by `file("${path.module}/../x")` and the like, through locals and modules.

What an argument comes to is worked out where the code says it in so many words. Where it does not, the place is told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# A path that begins with it is one from the repository's top, and ANY is a name of no known spelling. Neither can be
# in a path: no path has a NUL.
REPOSITORY = "\0/"
ANY = "\0*"
FILESET = "fileset"
TEMPLATEFILE = "templatefile"
# A template is code as well: what it calls may read files. Rather seen once too often.
_READS_FILES = re.compile(rb"\b(?:file\w*|templatefile|templatestring)\s*(?:\(|#|/[*/])")


def template_reads(content: bytes) -> bool:
    """Whether a template may read files itself."""
    return _READS_FILES.search(content) is not None


@dataclass(frozen=True)
class Reference:
    """`path.module`, `local.x`, `var.x.y` or `terraform.workspace`."""

    name: str


@dataclass(frozen=True)
class Opaque:
    """An expression that is not worked out. `references` are all that it depends on; `climbs`: a text in it has `..`."""

    references: tuple[str, ...] = ()
    climbs: bool = False


Template = tuple[str | Reference | Opaque, ...]
UNCLEAR: Template = (Opaque(("?",)),)
ANY_VARIABLE = "var.*"  # in place of all that a var file may say


@dataclass(frozen=True)
class FileRead:
    """One call of a function that reads. `paths` has one for each branch of a condition."""

    function: str
    paths: tuple[Template, ...]
    pattern: Template = ()
    file: str = ""
    line: int = 1
    code: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code}"


@dataclass(frozen=True)
class Mention:
    """A text that may be a path to elsewhere. `folders`: one that it names counts with all that is below it."""

    path: Template
    folders: bool = True


@dataclass(frozen=True)
class Call:
    source: str
    arguments: tuple[tuple[str, Template], ...] = ()  # by `var.name`


@dataclass(frozen=True)
class Reads:
    """Of one folder. `values` are locals and defaults of variables."""

    files: tuple[FileRead, ...] = ()
    mentioned: tuple[Mention, ...] = ()
    values: Mapping[str, Template] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()

    @cached_property
    def variables(self) -> frozenset[str]:
        """All that are used, so that only these make one call of a module differ from another."""
        templates = [*(one.path for one in self.mentioned), *self.values.values()]
        templates += [template for call in self.calls for _, template in call.arguments]
        templates += [template for read in self.files for template in (*read.paths, read.pattern)]
        names = (name for template in templates for piece in template for name in names_in(piece))
        return frozenset(first_of(name) for name in names if name.startswith("var."))


def plain(template: Template) -> str | None:
    """The text of a template with nothing computed in it."""
    return "".join(map(str, template)) if all(isinstance(piece, str) for piece in template) else None


def told_values(variables: Mapping[str, Any]) -> dict[str, str | None]:
    """Values by `var.name`, those in maps and lists by names of their own."""
    found: dict[str, str | None] = {}
    waiting = [(f"var.{name}", value) for name, value in variables.items()]
    while waiting:
        name, value = waiting.pop()
        match value:
            case str():
                found[name] = None if "\0" in value else value
            case bool():
                found[name] = str(value).lower()
            case int():
                found[name] = str(value)
            case dict():
                # No path is made of it as a whole, but of what is taken out of it by a name that is not known.
                plain_ones = all(
                    isinstance(part, str | int) and ".." not in str(part) for part in value.values()
                )
                found[name] = ANY if plain_ones else None
                waiting += [(f"{name}.{key}", part) for key, part in value.items()]
            case list() | tuple():
                waiting.append((name, dict(enumerate(value))))
            case _:
                found[name] = None
    return found


def names_in(piece: str | Reference | Opaque) -> tuple[str, ...]:
    match piece:
        case Reference(name):
            return (name,)
        case Opaque(references):
            return references
        case _:
            return ()


def first_of(name: str) -> str:
    """`var.x` of `var.x.y`."""
    return ".".join(name.split(".")[:2])
