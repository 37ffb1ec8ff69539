"""Which repository files a stack's code reads: by `file("${path.module}/../x")` and the like, through locals
and modules.

Arguments are evaluated where the code is explicit. Otherwise the location is reported.
"""

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex

# REPOSITORY marks a path from the repository's top, ANY a name that is not known. Neither can occur in a real
# path, which has no NUL.
REPOSITORY = "\0/"
ANY = "\0*"
FILESET = "fileset"
TEMPLATEFILE = "templatefile"
# A template is code too: its functions may read files. A false positive is cheaper than a miss.
_READS_FILES = regex(rb"\b(?:file\w*|templatefile|templatestring)\s*(?:\(|#|/[*/])")


def template_reads(content: bytes) -> bool:
    """Whether a template may read files itself."""
    return _READS_FILES.search(content) is not None


@dataclass(frozen=True)
class Reference:
    """`path.module`, `local.x`, `var.x.y` or `terraform.workspace`."""

    name: str


@dataclass(frozen=True)
class Opaque:
    """An expression that is not evaluated. `references` are all that it depends on; `climbs`: a text in it has `..`."""

    references: tuple[str, ...] = ()
    climbs: bool = False


Template = tuple[str | Reference | Opaque, ...]
UNCLEAR: Template = (Opaque(("?",)),)
ANY_VARIABLE = "var.*"  # stands for whatever a var file may say


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
    """A text that may be a path elsewhere. `folders`: a folder counts with everything below it."""

    path: Template
    folders: bool = True


@dataclass(frozen=True)
class Call:
    source: str
    arguments: tuple[tuple[str, Template], ...] = ()  # by `var.name`


@dataclass(frozen=True)
class Reads:
    """The reads of one folder. `values` are locals and defaults of variables."""

    files: tuple[FileRead, ...] = ()
    mentioned: tuple[Mention, ...] = ()
    values: Mapping[str, Template] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()

    @cached_property
    def variables(self) -> frozenset[str]:
        """All variables in use: only these distinguish one call of a module from another."""
        templates = [*(one.path for one in self.mentioned), *self.values.values()]
        templates += [template for call in self.calls for _, template in call.arguments]
        templates += [template for read in self.files for template in (*read.paths, read.pattern)]
        names = (name for template in templates for piece in template for name in names_in(piece))
        return frozenset(first_of(name) for name in names if name.startswith("var."))


def plain(template: Template) -> str | None:
    """The text of a template without computed parts."""
    return "".join(map(str, template)) if all(isinstance(piece, str) for piece in template) else None


def known_values(variables: Mapping[str, Any]) -> dict[str, str | None]:
    """Values by `var.name`; elements of maps and lists by their own names."""
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
                # No path is made of it as a whole, but of an element whose name is not known.
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
