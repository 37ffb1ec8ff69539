"""Declarations of stacks that are still in force, and reviews."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.approval.approval import Review
    from runner.model.approval.terms import Declaration
    from runner.model.stack.definition import StackDefinition


class DeclarationReader(Protocol):
    def definition(self, digest: str) -> StackDefinition: ...
    def declarations(self, stack: str) -> list[tuple[Declaration, datetime]]:
        """Its declarations that are still in force, oldest first, each with the time when it was first seen."""
        ...

    def former_dependencies(self) -> dict[str, tuple[str, ...]]:
        """Dependencies from earlier declarations that are still in force, of the stacks that have any."""
        ...

    def review(self, stack: str) -> Review | None: ...


class DeclarationWriter(DeclarationReader, Protocol):
    def kin(self, stack: str, new: Declaration) -> list[Declaration]:
        """Earlier declarations of other stacks with its state or its root module, or with its file if they left Git."""
        ...

    def add_declaration(self, stack: str, declared: Declaration) -> None: ...
    def renew_declaration(self, old: Declaration, new: Declaration) -> None:
        """The same terms in a newer commit."""
        ...

    def drop_declarations(self, declared: Iterable[Declaration]) -> None: ...
    def save_review(self, review: Review) -> None: ...
    def forget_review(self, stack: str) -> None: ...
