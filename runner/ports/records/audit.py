"""The audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from runner.model.audit.log import AuditEntry


class AuditReader(Protocol):
    def audit(
        self,
        *,
        subject: str | None = None,
        stack: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        below: int | None = None,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """The newest entries, newest first. Those of a stack include those of its runs and reports."""
        ...

    def stack_of_subject(self, subject: str) -> str | None:
        """The stack of a run or of a report that is named so, unless retention has removed it."""
        ...

    def audit_head(self) -> tuple[int, str]:
        """Number and hash of the newest entry."""
        ...

    def audit_hash(self, seq: int) -> str | None: ...
    def audit_knows(self, action: str, subject: str | None = None, text: str = "") -> bool:
        """Whether an entry has this action and contains the text in its detail; without a subject, among all entries."""
        ...

    def newest_time(self, run: str | None = None) -> datetime | None:
        """The latest time in the audit log since a person last accepted the clock."""
        ...


class AuditWriter(AuditReader, Protocol):
    def audit_note(self, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None: ...
