"""What is old enough to remove, except what something else still needs. The audit log stays."""

from datetime import datetime

from runner.store.rows import text
from runner.store.session import Session

_NEEDED = """
    SELECT max(id) FROM runs GROUP BY stack
    UNION ALL SELECT max(id) FROM runs WHERE kind NOT IN ('drift', 'preview') GROUP BY stack
    UNION ALL SELECT applied_run FROM stacks WHERE applied_run IS NOT NULL
    UNION ALL SELECT run FROM outputs
    UNION ALL SELECT run FROM holds WHERE run IS NOT NULL
    UNION ALL SELECT run FROM previewed_stacks JOIN pull_requests USING (source, number)
        WHERE state = 'open' AND run IS NOT NULL
    UNION ALL SELECT r.id FROM runs r JOIN reports d ON d.id = r.report WHERE d.status <> 'resolved'
"""
_NAMED_DEFINITIONS = """
    SELECT definition FROM runs
    UNION SELECT definition FROM stacks
    UNION SELECT applied_definition FROM stacks WHERE applied_definition IS NOT NULL
    UNION SELECT definition FROM declarations
    UNION SELECT definition FROM reviews
    UNION SELECT definition FROM previewed_stacks
"""
_NAMED_COMMITS = """
    SELECT source, revision FROM runs
    UNION SELECT source, revision FROM stacks
    UNION SELECT source, applied_revision FROM stacks WHERE applied_revision IS NOT NULL
    UNION SELECT name, head FROM sources WHERE head IS NOT NULL
"""


class RetentionWrites(Session):
    def prune_runs(self, before: datetime) -> list[int]:
        """Remove final runs that ended before, with their details; returns their numbers, oldest first."""
        sql = f"""
            DELETE FROM runs WHERE final = 1 AND changed_at < ? AND id NOT IN ({_NEEDED}) RETURNING id
        """  # noqa: S608 - a constant
        gone = sorted(row["id"] for row in self._all(sql, text(before)))
        if gone:
            self._do(f"DELETE FROM definitions WHERE digest NOT IN ({_NAMED_DEFINITIONS})")  # noqa: S608
            self._do(f"DELETE FROM commits WHERE (source, revision) NOT IN ({_NAMED_COMMITS})")  # noqa: S608
        return gone

    def prune_pull_requests(self, before: datetime) -> None:
        """Remove those that ended before."""
        if self._do("DELETE FROM pull_requests WHERE state <> 'open' AND changed_at < ?", text(before)):
            self._do(
                "DELETE FROM previewed_stacks WHERE (source, number) NOT IN (SELECT source, number FROM pull_requests)"
            )

    def prune_reports(self, before: datetime) -> list[int]:
        """Remove reports that were resolved before; returns their numbers, oldest first."""
        sql = "DELETE FROM reports WHERE status = 'resolved' AND resolved_at < ? RETURNING id"
        return sorted(row["id"] for row in self._all(sql, text(before)))

    def prune_outbox(self, before: datetime) -> int:
        """Remove events from before that every consumer has passed; how many."""
        passed = "id <= coalesce((SELECT min(position) FROM consumers), id)"
        return self._do(f"DELETE FROM outbox WHERE at < ? AND {passed}", text(before))  # noqa: S608 - a constant
