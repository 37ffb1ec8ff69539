"""Pools and their workers: who is there, what they execute, and what waits for them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from runner.model.run.life import Kind, Run, State
from runner.model.settings.placement import Placement
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.model.work.lease import Drained, KnownWorker, Lease
from runner.ports.records.store import Reader
from runner.service.cycle.dispatch import placement_of
from runner.view.when import whole


@dataclass(frozen=True)
class LeaseRow:
    """A run at a worker. `silent` says that its heartbeats stopped."""

    run: str
    stack: str
    state: str
    worker: str
    pool: str
    since: datetime
    heard: datetime
    silent: bool


@dataclass(frozen=True)
class WorkerRow:
    name: str
    pool: str
    release: str
    slots: int
    since: datetime
    seen: datetime
    status: str  # ready, stopping or silent
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrainRow:
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class PoolRow:
    name: str
    labels: dict[str, str]
    workers: int  # that are there
    executing: int
    at_most: int
    checks: int
    checks_at_most: int
    waiting: int
    drained: DrainRow | None = None


@dataclass(frozen=True)
class PoolPage:
    """`unplaced` are stacks that execute nowhere, with the reason."""

    pools: tuple[PoolRow, ...]
    leases: tuple[LeaseRow, ...] = ()
    unplaced: tuple[str, ...] = ()


WorkerRows = tuple[WorkerRow, ...]


def pool_page(settings: Settings, reader: Reader, now: datetime) -> PoolPage:
    leases = reader.leases()
    drained = {one.pool: one for one in reader.drained_pools()}
    there = Counter(worker.pool for worker in reader.workers() if not worker.silent(now))
    placed = [(run, placement_of(settings, reader, run)) for run in reader.open_runs()]
    rows = [
        _pool_row(settings, name, there[name], leases, _waiting(placed, name), drained.get(name))
        for name in (pool.name for pool in settings.pools)
    ]
    problems = dict.fromkeys(f"{run.stack}: {place.problem}" for run, place in placed if place.problem)
    return PoolPage(tuple(rows), lease_rows(reader, leases, now), tuple(problems))


def _pool_row(
    settings: Settings,
    name: str,
    workers: int,
    leases: Iterable[Lease],
    waiting: int,
    drained: Drained | None,
) -> PoolRow:
    pool = next(pool for pool in settings.pools if pool.name == name)
    executing = [lease for lease in leases if lease.pool == name]
    return PoolRow(
        name=name,
        labels=pool.labels,
        workers=workers,
        executing=len(executing),
        at_most=pool.at_most,
        checks=sum(lease.job.kind is Kind.DRIFT for lease in executing),
        checks_at_most=pool.checks_at_most,
        waiting=waiting,
        drained=None if drained is None else DrainRow(drained.by, whole(drained.at), drained.reason),
    )


def _waiting(placed: Iterable[tuple[Run, Placement]], pool: str) -> int:
    ready = {State.QUEUED, State.APPROVED}
    return sum(place.pool == pool and run.claim is None and run.state in ready for run, place in placed)


def lease_rows(reader: Reader, leases: Iterable[Lease], now: datetime) -> tuple[LeaseRow, ...]:
    return tuple(
        LeaseRow(
            lease.job.name,
            lease.job.stack.name,
            reader.run(lease.run).state,
            lease.worker,
            lease.pool,
            whole(lease.since),
            whole(lease.heard),
            lease.silent(now),
        )
        for lease in leases
    )


def worker_rows(reader: Reader, now: datetime) -> WorkerRows:
    leases = reader.leases()
    return tuple(_worker_row(worker, leases, now) for worker in reader.workers())


def _worker_row(worker: KnownWorker, leases: Iterable[Lease], now: datetime) -> WorkerRow:
    status = "silent" if worker.silent(now) else "stopping" if worker.stops else "ready"
    runs = tuple(lease.job.name for lease in leases if lease.worker == worker.name)
    return WorkerRow(
        worker.name,
        worker.pool,
        worker.release,
        worker.slots,
        whole(worker.since),
        whole(worker.seen),
        status,
        runs,
    )
