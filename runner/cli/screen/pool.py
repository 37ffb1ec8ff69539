"""Pools and workers, drawn."""

from datetime import datetime

from runner.cli.screen.output import Screen, Table
from runner.view.lease import LeaseRow
from runner.view.pool import PoolPage, PoolRow, WorkerRow, WorkerRows
from runner.view.when import ago

POOL_HEADS = ("POOL", "WORKERS", "EXECUTING", "CHECKS", "WAITING", "STATUS")
LEASE_HEADS = ("RUN", "STACK", "STATE", "WORKER", "SINCE", "HEARD")
WORKER_HEADS = ("WORKER", "POOL", "STATUS", "SLOTS", "SEEN", "RELEASE", "RUNS")
NO_POOLS = "No pools: every run executes on this host. docs/scaling.md says when that changes."


def pool_screen(page: PoolPage, now: datetime) -> Screen:
    yield Table(POOL_HEADS, [_pool(row, now) for row in page.pools], empty=NO_POOLS)
    if page.leases:
        yield ""
        yield Table(LEASE_HEADS, [_lease(row, now) for row in page.leases], empty="")
    for problem in page.unplaced:
        yield f"! {problem}"


def _pool(of: PoolRow, now: datetime) -> tuple[str, ...]:
    status = of.status
    if of.drained is not None:
        status = f"drained by {of.drained.by} {ago(of.drained.at, now)}: {of.drained.reason}"
    return (
        of.name,
        f"{of.workers}{f', {of.silent} silent' if of.silent else ''}",
        f"{of.executing}/{of.at_most}",
        f"{of.checks}/{of.checks_at_most}",
        str(of.waiting),
        status,
    )


def _lease(of: LeaseRow, now: datetime) -> tuple[str, ...]:
    heard = f"{ago(of.heard, now)}{', silent' if of.silent else ''}"
    return of.run, of.stack, of.state.replace("_", " "), of.worker, ago(of.since, now), heard


def worker_screen(rows: WorkerRows, now: datetime) -> Screen:
    yield Table(
        WORKER_HEADS,
        [_worker(row, now) for row in rows],
        empty="No workers. Start one on another host with:   driftline worker",
    )
    for row in rows:
        if row.namesake is not None:
            yield f"! another worker named {row.name} was refused {ago(row.namesake, now)}: give one of them another worker.name"


def _worker(of: WorkerRow, now: datetime) -> tuple[str, ...]:
    runs = ", ".join(of.runs) or "-"
    return of.name, of.pool, of.status, str(of.slots), ago(of.seen, now), of.release, runs
