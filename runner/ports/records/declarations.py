"""Declarations of stacks that still count, and what others have reviewed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from runner.model.approval.approval import Review
from runner.model.approval.terms import Declaration
from runner.model.stack.definition import StackDefinition


class DeclarationReader(Protocol):
    def definition(self, digest: str) -> StackDefinition: ...
    def declarations(self, stack: str) -> list[tuple[Declaration, datetime]]:
        """What it was declared as and still counts, oldest first, each with when it was first seen."""
        ...

    def former_dependencies(self) -> dict[str, tuple[str, ...]]:
        """What stacks depended on by declarations that still count, of those stacks that have any."""
        ...

    def review(self, stack: str) -> Review | None: ...


class DeclarationWriter(DeclarationReader, Protocol):
    def kin(self, stack: str, new: Declaration) -> list[Declaration]:
        """The earlier declarations of other stacks that have its state, its root module, or its file and left Git."""
        ...

    def add_declaration(self, stack: str, declared: Declaration) -> None: ...
    def renew_declaration(self, old: Declaration, new: Declaration) -> None:
        """The same terms in a newer commit."""
        ...

    def drop_declarations(self, declared: Iterable[Declaration]) -> None: ...
    def save_review(self, review: Review) -> None: ...
    def forget_review(self, stack: str) -> None: ...
