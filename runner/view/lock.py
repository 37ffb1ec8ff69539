"""Locks: of people and of runs on stacks, and of somebody else on a state."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from runner.model.run.life import Run
from runner.model.schedule.throttling import WHY
from runner.model.schedule.waiting import waits
from runner.model.stack.lock import Lock
from runner.model.state.version import StateKey
from runner.model.values.frozen import dataclass
from runner.view.when import whole

if TYPE_CHECKING:
    from runner.ports.records.store import Reader

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


def lock_rows(reader: "Reader", now: datetime) -> LockRows:
    """Terraform's own locks come last, each of them for a run that waits for it."""
    waiting = [run for run in reader.open_runs() if waits(run.wait_until, now) and WHY not in run.reason]
    return (*map(lock_row, reader.locks()), *_served_locks(reader), *map(_state_lock, waiting))


def _served_locks(reader: "Reader") -> Iterator[LockRow]:
    """Of terraform on states that we serve."""
    stacks = {StateKey.of(stack): stack.name for stack in reader.stacks() if stack.managed_state}
    executing = {run.id for run in reader.executing_runs()}
    for one in reader.served_locks():
        stack, run = stacks.get(one.key, one.key.folder), f"run-{one.run}"
        free = f'driftline lock force-unlock {stack} --reason "..."'
        yield LockRow(
            stack=stack,
            holder=f"terraform of {run}",
            reason=f"state: {one.lock}",
            since=whole(one.since),
            run=run,
            way_out=f"driftline logs -f {run}" if one.run in executing else free,
        )


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
