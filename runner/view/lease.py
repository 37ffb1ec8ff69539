"""Runs at workers of pools."""

from datetime import datetime
from typing import TYPE_CHECKING

from runner.model.run.life import Run, State
from runner.model.values.frozen import dataclass
from runner.model.work.lease import Lease, LeaseEnd
from runner.view.need import Need, Way, Why
from runner.view.when import ago, whole

if TYPE_CHECKING:
    from runner.ports.records.store import Reader


@dataclass(frozen=True)
class LeaseRow:
    """A run at a worker. `silent` says that its heartbeats stopped, and `end` how the lease ended, if it has."""

    run: str
    stack: str
    state: str
    worker: str
    pool: str
    since: datetime
    heard: datetime
    silent: bool
    end: str | None = None


def lease_rows(reader: "Reader", now: datetime) -> tuple[LeaseRow, ...]:
    leases = reader.leases()
    runs = {run.id: run for run in reader.executing_runs()} if leases else {}
    return tuple(lease_row(lease, runs.get(lease.run) or reader.run(lease.run), now) for lease in leases)


def lease_row(lease: Lease, run: Run, now: datetime) -> LeaseRow:
    return LeaseRow(
        run.name,
        run.stack,
        run.state,
        lease.worker,
        lease.pool,
        whole(lease.since),
        whole(lease.heard),
        lease.silent(now),
        lease.end,
    )


def lease_sentence(of: LeaseRow, now: datetime) -> str:
    """Such as `w-1 of pool eu took it 4 m ago, heard 3 s ago`."""
    who = f"{of.worker} of pool {of.pool}"
    if of.end is not None:
        return who if of.end == LeaseEnd.SETTLED else f"{who}, {of.end}"
    heard = f"silent, last heard {ago(of.heard, now)}" if of.silent else f"heard {ago(of.heard, now)}"
    return f"{who} took it {ago(of.since, now)}, {heard}"


def silent_apply(lease: LeaseRow, now: datetime) -> Need | None:
    """Only its worker, or a person who gives it up, can tell how it ends."""
    if not lease.silent or lease.state != State.APPLYING:
        return None
    text = (
        f"its worker {lease.worker} (pool {lease.pool}) was last heard {ago(lease.heard, now)}. Terraform may still be"
        f" applying there; the stack stays locked until the worker reports how it ended, or is given up"
    )
    ways = (
        Way("see whether it is back", "driftline worker list"),
        Way("its host does not come back", f"driftline worker forget {lease.worker}"),
    )
    return Need(Why.SILENT, lease.run, lease.stack, text, ways[0].command, failure=True, ways=ways)
