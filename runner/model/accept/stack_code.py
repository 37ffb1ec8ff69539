"""A stack's code as bytes, and what becomes of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from runner.model.accept.patch import Edited
from runner.model.values.frozen import dataclass

Folder = Callable[[str], Mapping[str, bytes]]


@dataclass(frozen=True)
class StackCode:
    """`folder` reads the files directly in a folder of the repository, by name."""

    name: str
    root: str  # its root module; empty for the top of the repository
    folder: Folder
    file: tuple[str, bytes] = ("", b"")  # the stack file
    var_files: tuple[tuple[str, bytes], ...] = ()  # in the order of the definition
    hidden: Callable[[Iterable[str]], Mapping[str, str]] = lambda _: {}  # what else sets these variables


@dataclass(frozen=True)
class Accepted:
    """`edited` by path. `undecided` says what could not be accepted, and why."""

    edited: Mapping[str, Edited] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    addresses: frozenset[str] = frozenset()  # of what is accepted
