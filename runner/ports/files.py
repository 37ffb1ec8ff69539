"""Stack files and modules, read without executing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from runner.model.accept.proposal import Drifted
    from runner.model.accept.stack_code import Accepted, StackCode
    from runner.model.code.file_reads import Reads
    from runner.model.code.module import ModuleFacts
    from runner.model.constant.definitions import Definitions
    from runner.model.constant.expression import Expression
    from runner.model.constant.given import ValuesFile
    from runner.model.settings.source import Allow
    from runner.model.stack.definition import StackDefinition
    from runner.model.values.problem import Problem


class StackFiles(Protocol):
    def read(self, file: str, content: bytes, allow: Allow) -> tuple[list[StackDefinition], list[Problem]]:
        """All valid stacks of one file, and all problems of the others."""
        ...


class Modules(Protocol):
    def read(self, files: Mapping[str, bytes]) -> ModuleFacts:
        """The facts of one module directory, from its files by name."""
        ...

    def providers(self, files: Mapping[str, bytes]) -> frozenset[str] | None:
        """The names of all providers that blocks in the directory use; None if that is unknown."""
        ...

    def reading(self, files: Mapping[str, bytes]) -> bool:
        """Whether code in the directory may read a file; only then is `reads` worth its time."""
        ...

    def reads(self, files: Mapping[str, bytes]) -> Reads:
        """What the code in the directory reads, and what its names refer to."""
        ...

    def definitions(self, files: Mapping[str, bytes]) -> Definitions:
        """What a module source, a version or a backend in the directory may refer to."""
        ...

    def values_file(self, name: str, content: bytes) -> ValuesFile:
        """The values of a var file as they are evaluated."""
        ...

    def stack_values(self, values: Mapping[str, Any]) -> ValuesFile:
        """`vars` of a stack file: the engine gets them as the last var file."""
        ...

    def expression(self, text: str) -> Expression:
        """The expression in an environment variable that sets a variable."""
        ...

    def accepted(self, stack: StackCode, drifted: Iterable[Drifted], *, removed_blocks: bool) -> Accepted:
        """The code changed so that it means what is there. `removed_blocks`: whether the engine knows them."""
        ...

    def values(self, name: str, content: bytes) -> Mapping[str, str | None]:
        """The variables of a var file by `var.name`; None for those that are not plain values."""
        ...
