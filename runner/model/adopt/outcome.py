"""What comes of it: new stacks, and the files that declare them."""

from typing import Literal

from runner.model.adopt.project import Kept, LeftOut, Note, Project
from runner.model.stack.definition import StackDefinition
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP

FILE = "stack.yaml"
# `yours` is a configuration that somebody has written already.
State = Literal["new", "same", "differs", "yours"]


@dataclass(frozen=True)
class Stack:
    """A definition, and where it comes from."""

    project: Project
    definition: StackDefinition

    @property
    def file(self) -> str:
        return FILE if self.project.folder == TOP else f"{self.project.folder}/{FILE}"


@dataclass(frozen=True)
class Placed:
    """A file. `path` is relative to the directory that the files go into; `difference` is a unified diff."""

    path: str
    text: str
    state: State
    difference: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adoption:
    """`product` is what it was used with until now."""

    product: str
    stacks: tuple[Stack, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Note, ...]
    kept: tuple[Kept, ...]
    files: tuple[Placed, ...]
    complete: bool = True
