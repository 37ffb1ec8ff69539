"""Commits: who wrote them, who signed them, and which a force-push took away."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from runner.model.approval.approval import Commit


class CommitReader(Protocol):
    def commit(self, source: str, revision: str) -> Commit | None: ...
    def rewritten(self, source: str, since: datetime | None) -> list[str]:
        """The heads that a force-push took away since then, oldest first."""
        ...

    def signers(self, source: str, revisions: Iterable[str]) -> dict[str, str]:
        """Who signed them, of those that were judged; an empty text where nobody is proven."""
        ...


class CommitWriter(CommitReader, Protocol):
    def save_commit(self, source: str, commit: Commit, co_authors: Sequence[str] = ()) -> None: ...
    def save_rewritten(self, source: str, revision: str) -> None: ...
    def save_signers(self, source: str, signers: Mapping[str, str]) -> None: ...
