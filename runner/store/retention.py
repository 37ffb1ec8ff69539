"""What is old enough to remove, except what something else still needs. The audit log stays."""

from __future__ import annotations

from datetime import datetime

from runner.model.stack.definition import ONLY_IN_PULL_REQUESTS
from runner.store.rows import text
from runner.store.session import Session

# Whoever opens pull requests chooses the names of new stacks, and could have any number of them kept.
_NEEDED = f"""
    SELECT max(id) FROM runs WHERE stack NOT IN (SELECT name FROM stacks WHERE left_how = '{ONLY_IN_PULL_REQUESTS}')
        GROUP BY stack
    UNION ALL SELECT max(id) FROM runs WHERE kind NOT IN ('drift', 'preview') GROUP BY stack
    UNION ALL SELECT applied_run FROM stacks WHERE applied_run IS NOT NULL
    UNION ALL SELECT run FROM outputs
    UNION ALL SELECT run FROM holds WHERE run IS NOT NULL
    UNION ALL SELECT run FROM previewed_stacks JOIN pull_requests USING (source, number)
        WHERE state = 'open' AND run IS NOT NULL
    UNION ALL SELECT r.id FROM runs r JOIN reports d ON d.id = r.report WHERE d.status <> 'resolved'
"""  # noqa: S608 - a constant
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
        """Remove those that ended before, and stacks that only they declared."""
        if self._do("DELETE FROM pull_requests WHERE state <> 'open' AND changed_at < ?", text(before)):
            self._do(
                "DELETE FROM previewed_stacks WHERE (source, number) NOT IN (SELECT source, number FROM pull_requests)"
            )
        named = self._naming_stacks()
        sql = f"""
            DELETE FROM stacks WHERE left_how = ? AND name NOT IN (SELECT stack FROM previewed_stacks UNION {named})
        """  # noqa: S608 - names of tables
        self._do(sql, ONLY_IN_PULL_REQUESTS)

    def _naming_stacks(self) -> str:
        """A query for the stacks that anything refers to, such as a lock: such a stack cannot be removed."""
        references = self._all(
            """
            SELECT m.name, f."from" AS stack FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
            WHERE m.type = 'table' AND f."table" = 'stacks'
            """
        )
        return " UNION ".join(
            f"SELECT {one['stack']} FROM {one['name']} WHERE {one['stack']} IS NOT NULL"  # noqa: S608 - the schema's
            for one in references
        )

    def prune_reports(self, before: datetime) -> list[int]:
        """Remove reports that were resolved before; returns their numbers, oldest first."""
        sql = "DELETE FROM reports WHERE status = 'resolved' AND resolved_at < ? RETURNING id"
        removed = sorted(row["id"] for row in self._all(sql, text(before)))
        if removed:
            self._do("DELETE FROM suspicions WHERE report NOT IN (SELECT id FROM reports)")
        return removed

    def prune_outbox(self, before: datetime) -> int:
        """Remove events from before that every consumer has passed; how many."""
        passed = "id <= coalesce((SELECT min(position) FROM consumers), id)"
        return self._do(f"DELETE FROM outbox WHERE at < ? AND {passed}", text(before))  # noqa: S608 - a constant
