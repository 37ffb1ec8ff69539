"""Locks: held by a person or a rule with a reason, or by the run that executes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from runner.errors import NotFound, StackLocked
from runner.store.rows import run_of, text, time_or_none
from runner.store.runs import RunWrites
from runner.store.session import Session

if TYPE_CHECKING:
    from runner.model.run.life import Run
    from runner.model.stack.lock import Lock

_PLACED = "SELECT holds.*, runs.state = 'interrupted' AS unresolved FROM holds LEFT JOIN runs ON runs.id = holds.run"
_EXECUTING = "SELECT * FROM runs WHERE claim_token IS NOT NULL"


class LockReads(Session):
    def locks(self) -> list[Lock]:
        runs = [lock_of(run_of(row)) for row in self._all(f"{_EXECUTING} ORDER BY stack")]
        return sorted((*self.placed_locks(), *runs), key=lambda lock: (lock.stack, lock.since))

    def placed_locks(self) -> list[Lock]:
        return [_lock(row) for row in self._all(f"{_PLACED} ORDER BY holds.stack")]

    def lock(self, stack: str) -> Lock | None:
        row = self._one(f"{_PLACED} WHERE holds.stack = ?", stack)
        return None if row is None else _lock(row)


class LockWrites(LockReads, RunWrites):
    def place_lock(self, lock: Lock, *, by: str) -> None:
        """StackLocked if a person or a rule holds it, or a run that can change the stack; drift checks do not count."""
        from runner.model.events.feed import LockMoved

        self._require(lock.stack)
        other = self.lock(lock.stack) or self._held_by_run(lock)
        if other is not None:
            raise StackLocked(stack=lock.stack, holder=other.holder, reason=other.reason, hint=other.way_out)
        self._do(
            "INSERT INTO holds (stack, holder, reason, since, process, run) VALUES (?, ?, ?, ?, ?, ?)",
            lock.stack, lock.holder, lock.reason, text(lock.since), lock.process, lock.run,
        )  # fmt: skip
        self.audit_note(by, "lock.take", lock.stack, {"holder": lock.holder, "reason": lock.reason})
        self._emit("lock.take", lock.stack, LockMoved(lock.stack, by, lock.holder, lock.reason))

    def release_lock(self, stack: str, *, by: str, reason: str) -> None:
        from runner.model.events.feed import LockMoved

        held = self.lock(stack)
        if held is None:
            raise NotFound(f'stack "{stack}" is not locked', hint="driftline lock list")
        self._do("DELETE FROM holds WHERE stack = ?", stack)
        self.audit_note(
            by, "lock.release", stack, {"reason": reason, "holder": held.holder, "was": held.reason}
        )
        self._emit("lock.release", stack, LockMoved(stack, by, held.holder, reason))

    def _held_by_run(self, lock: Lock) -> Lock | None:
        row = self._one(f"{_EXECUTING} AND stack = ? AND kind NOT IN ('drift', 'preview')", lock.stack)
        return None if row is None or row["id"] == lock.run else lock_of(run_of(row))


def lock_of(run: Run) -> Lock:
    """The lock that an executing run holds."""
    from runner.model.stack.lock import Lock

    claim = run.claim
    assert claim is not None
    return Lock(
        stack=run.stack,
        holder=run.name,
        reason=f"{run.kind} run, {run.state.in_words}",
        since=claim.since,
        process=claim.process,
        run=run.id,
    )


def _lock(row: sqlite3.Row) -> Lock:
    from runner.model.stack.lock import Lock

    since = time_or_none(row["since"])
    assert since is not None
    return Lock(
        stack=row["stack"],
        holder=row["holder"],
        reason=row["reason"],
        since=since,
        process=row["process"],
        run=row["run"],
        unresolved=bool(row["unresolved"]),
    )
