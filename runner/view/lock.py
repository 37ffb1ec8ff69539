"""Locks: of people and of runs on stacks, and of somebody else on a state."""

from datetime import datetime

from runner.model.run.life import Run
from runner.model.schedule.throttling import WHY
from runner.model.schedule.waiting import waits
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass
from runner.ports.records.store import Reader
from runner.view.when import whole

OUTSIDE = "somebody else"  # holds a state that a run waits for


@dataclass(frozen=True)
class LockRow:
    stack: str
    holder: str
    reason: str
    since: datetime
    process: str | None = None
    run: str | None = None
    tried_again_at: datetime | None = None  # of terraform's own lock: when the run tries again
    way_out: str = ""  # the command that goes on from here


LockRows = tuple[LockRow, ...]


def lock_rows(reader: Reader, now: datetime) -> LockRows:
    """Terraform's own locks come last, each of them for a run that waits for it."""
    waiting = [run for run in reader.open_runs() if waits(run.wait_until, now) and WHY not in run.reason]
    return (*map(lock_row, reader.locks()), *map(_state_lock, waiting))


def lock_row(of: Lock) -> LockRow:
    return LockRow(
        stack=of.stack,
        holder=of.holder,
        reason=of.reason,
        since=whole(of.since),
        process=of.process,
        run=f"run-{of.run}" if of.run else None,
        way_out=of.way_out,
    )


def _state_lock(waiting: Run) -> LockRow:
    """Its reason says who holds the state, as far as the backend says."""
    return LockRow(
        stack=waiting.stack,
        holder=OUTSIDE,
        reason=waiting.reason,
        since=whole(waiting.changed_at),
        run=waiting.name,
        tried_again_at=whole(waiting.wait_until),
        way_out="driftline lock list",
    )
