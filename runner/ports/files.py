"""Files that people write, read without running anything."""

from collections.abc import Mapping
from typing import Protocol

from runner.model.code.file_reads import Reads
from runner.model.code.module import ModuleFacts
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition
from runner.model.values.problem import Problem


class StackFiles(Protocol):
    def read(self, file: str, content: bytes, allow: Allow) -> tuple[list[StackDefinition], list[Problem]]:
        """All stacks of one file that are sound, and all problems of the others."""
        ...


class Modules(Protocol):
    def read(self, files: Mapping[str, bytes]) -> ModuleFacts:
        """The facts of one module folder, from its files by name."""
        ...

    def providers(self, files: Mapping[str, bytes]) -> frozenset[str] | None:
        """The names of all providers that blocks of the folder use; None where that cannot be told."""
        ...

    def reading(self, files: Mapping[str, bytes]) -> bool:
        """Whether anything in the folder may read a file; only then it is worth asking what."""
        ...

    def reads(self, files: Mapping[str, bytes]) -> Reads:
        """What the folder's code reads, and what its names mean."""
        ...

    def values(self, name: str, content: bytes) -> Mapping[str, str | None]:
        """The variables of a var file by `var.name`; None where one is not a plain value."""
        ...
