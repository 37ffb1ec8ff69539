"""The audit log: entries about visible stacks."""

from datetime import datetime

from runner.api.scope.seen import PAGE, Seen
from runner.model.audit.log import AuditEntry


class SeenAudit(Seen):
    def audit(
        self,
        *,
        subject: str | None = None,
        stack: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        below: int | None = None,
    ) -> list[AuditEntry]:
        """Only entries of stacks: those of logins, tokens and sources are for who sees all."""
        if stack is not None and not self.sees(stack):
            return []
        names = frozenset(one.name for one in self.stacks(left=True))
        found: list[AuditEntry] = []
        asked = max(limit, PAGE)
        while page := self.whole.audit(
            subject=subject, stack=stack, actor=actor, since=since, until=until, limit=asked, below=below
        ):
            found += (entry for entry in page if self._concerns(entry, names))
            below = page[-1].seq
            if len(found) >= limit or len(page) < asked:
                break
        return found[:limit]

    def _concerns(self, entry: AuditEntry, names: frozenset[str]) -> bool:
        """Runs that retention has removed still name their stack in most entries."""
        if entry.subject in names:
            return True
        told = entry.detail.get("stack")
        stack = told if isinstance(told, str) else self.whole.stack_of_subject(entry.subject)
        return stack is not None and self.sees(stack)

    def stack_of_subject(self, subject: str) -> str | None:
        stack = self.whole.stack_of_subject(subject)
        return stack if stack is not None and self.sees(stack) else None

    def audit_head(self) -> tuple[int, str]:
        return self.whole.audit_head()

    def audit_hash(self, seq: int) -> str | None:
        return self.whole.audit_hash(seq)

    def audit_knows(self, action: str, subject: str | None = None, text: str = "") -> bool:
        return self.whole.audit_knows(action, subject, text)

    def newest_time(self, run: str | None = None) -> datetime | None:
        return self.whole.newest_time(run)
