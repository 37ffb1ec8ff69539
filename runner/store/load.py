"""Resource usage of runs, throttled accounts, and the progress of a sweep: the data for load decisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from runner.model.audit.actor import DAEMON
from runner.model.run.life import Kind, State
from runner.model.schedule.load import REMEMBERED
from runner.store.audit import Writes
from runner.store.rows import Value, text
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.run.usage import Usage
    from runner.model.schedule.sweep import Sweep
    from runner.model.schedule.throttling import Throttle

# A transaction has one time, so runs queued together have the same creation time.
# The planner would look for the few open checks among all checks.
_TOGETHER = """
    created_at = (
        SELECT created_at FROM runs INDEXED BY open_runs WHERE final = 0 AND kind = 'drift'
        GROUP BY created_at ORDER BY count(*) DESC, created_at LIMIT 1
    )
"""
_THESE = "runs.id IN (SELECT value FROM json_each(?))"


class LoadReads(Session):
    def peak_memory(self, stack: str, kind: Kind) -> int | None:
        row = self._one(
            """
            SELECT max(peak_memory) AS peak FROM (
                SELECT peak_memory FROM measured WHERE stack = ? AND kind = ? AND peak_memory IS NOT NULL
                ORDER BY run DESC LIMIT ?
            )
            """,
            stack, kind, REMEMBERED,
        )  # fmt: skip
        return None if row is None else row["peak"]

    def took(self, run_ids: Sequence[int]) -> dict[int, float]:
        rows = self._all(
            "SELECT run, milliseconds FROM measured WHERE run IN (SELECT value FROM json_each(?))",
            json.dumps(run_ids),
        )
        return {row["run"]: row["milliseconds"] / 1000 for row in rows if row["milliseconds"] is not None}

    def throttles(self) -> dict[str, Throttle]:
        from runner.model.schedule.throttling import Throttle

        return {
            row["account"]: Throttle(
                row["account"],
                row["at_most"],
                datetime.fromisoformat(row["since"]),
                datetime.fromisoformat(row["until"]),
                row["times"],
                row["reason"],
            )
            for row in self._all("SELECT * FROM throttles ORDER BY account")
        }

    def sweep(self, run_ids: Sequence[int] | None = None) -> Sweep | None:
        from runner.model.schedule.sweep import Sweep

        where, values = (_TOGETHER, ()) if run_ids is None else (_THESE, (json.dumps(run_ids),))
        rows = self._all(
            f"""
            SELECT state, final, claim_since, milliseconds FROM runs LEFT JOIN measured m ON m.run = runs.id
            WHERE runs.kind = 'drift' AND {where}
            """,  # noqa: S608 - one of two constants
            *values,
        )
        # A single check is a run like any other.
        if run_ids is None and len(rows) < 2:
            return None
        ended = [row for row in rows if row["final"]]
        took = [row["milliseconds"] / 1000 for row in ended if row["milliseconds"] is not None]
        began = (datetime.fromisoformat(row["claim_since"]) for row in rows if row["claim_since"])
        return Sweep(
            total=len(rows),
            done=len(ended),
            drifted=sum(row["state"] == State.DRIFTED for row in ended),
            errors=sum(row["state"] == State.PLAN_FAILED for row in ended),
            seconds=sum(took) / len(took) if took else None,
            running=tuple(max(0.0, (self._now - moment).total_seconds()) for moment in began),
        )


class LoadWrites(LoadReads, Writes):
    def save_usage(self, run_id: int, usage: Usage) -> None:
        """A run that is planned and applied keeps the larger of both."""
        self._do(
            """
            INSERT INTO measured (run, stack, kind, peak_memory, milliseconds)
            SELECT id, stack, kind, ?, ? FROM runs WHERE id = ?
            ON CONFLICT (run) DO UPDATE SET
                peak_memory = max(coalesce(peak_memory, excluded.peak_memory), coalesce(excluded.peak_memory, peak_memory)),
                milliseconds = excluded.milliseconds
            """,
            usage.peak_memory, round(usage.seconds * 1000), run_id,
        )  # fmt: skip

    def save_throttle(self, throttle: Throttle) -> None:
        from runner.model.events.feed import AccountThrottled

        row: dict[str, Value] = {
            "account": throttle.account,
            "at_most": throttle.at_most,
            "since": text(throttle.since),
            "until": text(throttle.until),
            "times": throttle.times,
            "reason": throttle.reason,
        }
        self._upsert("throttles", row, "account")
        until = text(throttle.until)
        facts = {"at_most": throttle.at_most, "until": until, "reason": throttle.reason}
        self.audit_note(DAEMON, "account.throttled", throttle.account, facts)
        throttled = AccountThrottled(throttle.account, throttle.at_most, until, throttle.reason)
        self._emit("account.throttled", throttle.account, throttled)
