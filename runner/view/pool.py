"""Pools and their workers: who is there, what they execute, and what waits for them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from runner.model.run.life import Kind, State
from runner.model.run.unclaimed import Unclaimed
from runner.model.settings.pools import PoolSettings
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.model.work.lease import Lease
from runner.model.work.offers import Drained
from runner.model.work.worker import KnownWorker, WorkerStatus
from runner.ports.basics import Clock
from runner.ports.records.store import Reader
from runner.service.approval.windows import kept_closed
from runner.service.cycle.dispatch import queue_of
from runner.service.cycle.placed import placement_of, placement_of_stack
from runner.view.lease import LeaseRow, lease_rows
from runner.view.when import whole


@dataclass(frozen=True)
class WorkerRow:
    name: str
    pool: str
    release: str
    slots: int
    since: datetime
    seen: datetime
    status: WorkerStatus
    runs: tuple[str, ...] = ()
    namesake: datetime | None = None  # when another worker was refused under its name, if that was lately


@dataclass(frozen=True)
class DrainRow:
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class PoolRow:
    """`waiting` counts runs that a worker could execute now; the oldest of them waits since `waiting_since`."""

    name: str
    labels: dict[str, str]
    workers: int  # that are ready
    executing: int
    at_most: int
    checks: int
    checks_at_most: int
    waiting: int
    drained: DrainRow | None = None
    silent: int = 0  # workers
    waiting_since: datetime | None = None

    @property
    def status(self) -> str:
        """In a word or two; `drained` has the rest."""
        if self.drained is not None:
            return "drained"
        return "ready" if self.workers else "no worker"


@dataclass(frozen=True)
class PoolPage:
    """`unplaced` are stacks that execute nowhere, with the reason."""

    pools: tuple[PoolRow, ...]
    leases: tuple[LeaseRow, ...] = ()
    unplaced: tuple[str, ...] = ()


WorkerRows = tuple[WorkerRow, ...]
PoolRows = tuple[PoolRow, ...]


def pool_page(settings: Settings, reader: Reader, clock: Clock) -> PoolPage:
    now = clock.now()
    problems = dict.fromkeys(f"{stack}: {problem}" for stack, problem in unplaced(settings, reader))
    rows = pool_rows(settings, reader, now, in_closed_windows(settings, reader, clock))
    return PoolPage(rows, lease_rows(reader, now), tuple(problems))


def in_closed_windows(settings: Settings, reader: Reader, clock: Clock) -> frozenset[int]:
    """Approved runs that wait for their windows; none without pools, where nobody asks."""
    runs = reader.open_runs(state=State.APPROVED) if settings.pools else ()
    return frozenset(run.id for run in runs if kept_closed(settings, clock, reader, run) is not None)


def pool_rows(settings: Settings, reader: Reader, now: datetime, closed: Collection[int]) -> PoolRows:
    """`closed` are runs that wait for their windows."""
    if not settings.pools:
        return ()
    leases, workers = reader.leases(), reader.workers()
    drained = {one.pool: one for one in reader.drained_pools()}
    waiting = waiting_runs(settings, reader, now, closed)
    return tuple(
        _pool_row(
            pool,
            [worker for worker in workers if worker.pool == pool.name],
            [lease for lease in leases if lease.pool == pool.name],
            waiting.get(pool.name, ()),
            drained.get(pool.name),
            now,
        )
        for pool in settings.pools
    )


def _pool_row(
    pool: PoolSettings,
    workers: Sequence[KnownWorker],
    leases: Sequence[Lease],
    waiting: Sequence[Unclaimed],
    drained: Drained | None,
    now: datetime,
) -> PoolRow:
    found = Counter(worker.status(now) for worker in workers)
    return PoolRow(
        name=pool.name,
        labels=pool.labels,
        workers=found[WorkerStatus.READY],
        executing=len(leases),
        at_most=pool.at_most,
        checks=sum(lease.job.kind is Kind.DRIFT for lease in leases),
        checks_at_most=pool.checks_at_most,
        waiting=len(waiting),
        drained=None if drained is None else DrainRow(drained.by, whole(drained.at), drained.reason),
        silent=found[WorkerStatus.SILENT],
        waiting_since=whole(min((run.changed_at for run in waiting), default=None)),
    )


def waiting_runs(
    settings: Settings, reader: Reader, now: datetime, closed: Collection[int]
) -> Mapping[str, Sequence[Unclaimed]]:
    """By pool, those that one of its workers could execute now."""
    found: defaultdict[str, list[Unclaimed]] = defaultdict(list)
    for run in queue_of(reader).in_turn(now):
        if run.id not in closed:
            found[placement_of(settings, reader, run).pool].append(run)
    return found


def unplaced(
    settings: Settings, reader: Reader, stacks: Iterable[Stack] | None = None
) -> Iterator[tuple[str, str]]:
    """Stacks whose next run, or a run that is open, executes nowhere, and why."""
    for stack in reader.stacks() if stacks is None else stacks:
        wish = stack.definition.pool is not None or stack.definition.pool_labels
        if wish or (settings.pools and stack.managed_state):
            placement = placement_of_stack(settings, stack)
            if placement.problem:
                yield stack.name, placement.problem
    for run in reader.open_runs():
        placement = placement_of(settings, reader, run)
        if placement.problem:
            yield run.stack, placement.problem


def worker_rows(reader: Reader, now: datetime) -> WorkerRows:
    leases = reader.leases()
    return tuple(_worker_row(worker, leases, now) for worker in reader.workers())


def _worker_row(worker: KnownWorker, leases: Iterable[Lease], now: datetime) -> WorkerRow:
    runs = tuple(lease.job.name for lease in leases if lease.worker == worker.name)
    return WorkerRow(
        worker.name,
        worker.pool,
        worker.release,
        worker.slots,
        whole(worker.since),
        whole(worker.seen),
        worker.status(now),
        runs,
        whole(worker.namesake) if worker.had_namesake(now) else None,
    )
