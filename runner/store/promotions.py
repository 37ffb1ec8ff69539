"""What promotions ask: in which order revisions came, and what each stage has shown since its last apply."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from runner.model.run.life import State
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.promotion.stage import Applied, StageRecord

# A check that was queued before the apply may have run after it: only one of the applied revision counts.
_STAGES = """
    SELECT s.name, s.moved, s.left_how, a.id AS applied, a.state AS applied_as, a.changed_at AS applied_at,
        (SELECT min(number) FROM heads WHERE source = s.source AND revision = s.applied_revision) AS head,
        c.id AS checked, c.state AS found, c.reason,
        (
            SELECT max(id) FROM runs
            WHERE stack = s.name AND kind NOT IN ('drift', 'preview') AND id > s.applied_run AND executed_digest IS NOT NULL
            AND (kind = 'destroy' OR inputs <> s.applied_inputs)
            AND (state IN ('apply_failed', 'interrupted') OR (state = 'applied' AND targets <> '[]'))
        ) AS partly
    FROM stacks s
    LEFT JOIN runs a ON a.id = s.applied_run
    LEFT JOIN runs c ON c.id = (
        SELECT id FROM runs
        WHERE stack = s.name AND id > s.applied_run AND kind = 'drift' AND revision = s.applied_revision
        AND state IN ('no_changes', 'drifted', 'plan_failed') AND changed_at >= a.changed_at
        ORDER BY id DESC LIMIT 1
    )
    WHERE s.name IN (SELECT value FROM json_each(?))
"""


class PromotionReads(Session):
    def stage_records(self, names: Collection[str]) -> dict[str, StageRecord]:
        """Of those that are, or were, a stack; by name."""
        return {row["name"]: _record(row) for row in self._all(_STAGES, json.dumps(sorted(names)))}


class PromotionWrites(PromotionReads):
    def take_head(self, source: str, revision: str, moved: Collection[str], *, rewritten: bool) -> None:
        """Number the head, which moved these stacks. After a force-push the older ones are no ancestors any more."""
        sql = "SELECT number, revision FROM heads WHERE source = ? ORDER BY number DESC LIMIT 1"
        newest = self._one(sql, source)
        number = 0 if newest is None else int(newest["number"])
        if rewritten:
            self._do("DELETE FROM heads WHERE source = ?", source)
        if newest is None or rewritten or moved or newest["revision"] != revision:
            number += 1
            self._insert("heads", {"source": source, "number": number, "revision": revision})
        self._do(
            "UPDATE stacks SET moved = ? WHERE name IN (SELECT value FROM json_each(?))",
            number, json.dumps(sorted(moved)),
        )  # fmt: skip


def _record(row: sqlite3.Row) -> StageRecord:
    from runner.model.promotion.stage import Check, StageRecord

    return StageRecord(
        moved=row["moved"],
        applied=_applied(row) if row["applied"] else None,
        check=Check(f"run-{row['checked']}", State(row["found"]), row["reason"]) if row["checked"] else None,
        partly=f"run-{row['partly']}" if row["partly"] else None,
        left=row["left_how"],
    )


def _applied(row: sqlite3.Row) -> Applied:
    from runner.model.promotion.stage import Applied

    return Applied(
        run=f"run-{row['applied']}",
        at=datetime.fromisoformat(row["applied_at"]),
        empty=State(row["applied_as"]) is State.NO_CHANGES,
        head=row["head"],
    )
