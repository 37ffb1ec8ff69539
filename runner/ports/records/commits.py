"""Commits: their authors and signers, and those that a force-push removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runner.model.approval.approval import Commit


class CommitReader(Protocol):
    def commit(self, source: str, revision: str) -> Commit | None: ...
    def rewritten(self, source: str, since: datetime | None) -> list[str]:
        """The heads that force-pushes removed since then, oldest first."""
        ...

    def signers(self, source: str, revisions: Iterable[str]) -> dict[str, str]:
        """Who signed them, of those that were checked; "" without a trusted signature."""
        ...


class CommitWriter(CommitReader, Protocol):
    def save_commit(self, source: str, commit: Commit, co_authors: Sequence[str] = ()) -> None: ...
    def save_rewritten(self, source: str, revision: str) -> None: ...
    def save_signers(self, source: str, signers: Mapping[str, str]) -> None: ...
