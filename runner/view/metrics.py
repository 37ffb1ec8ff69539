"""The installation in numbers, for monitoring: no name of a person, no value of a plan."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from runner.model.cloud_events.queue import QueueState
from runner.model.drift.report import ReportStatus
from runner.model.run.life import Kind, State
from runner.model.schedule.health import health
from runner.model.settings.server import Settings
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.values.frozen import dataclass
from runner.model.work.worker import WorkerStatus
from runner.ports.basics import Clock
from runner.ports.records.store import Reader
from runner.ports.records.totals import Timed
from runner.service.queue.records import StackRecords
from runner.service.queue.views import views_of
from runner.view.host import Host
from runner.view.lease import lease_rows, silent_apply
from runner.view.notification import notification_rows
from runner.view.pool import PoolRow, in_closed_windows, pool_rows
from runner.view.pool_needs import without_worker


@dataclass(frozen=True)
class SourceNumbers:
    """`answered_at`: its last answer to a poll. `checked_at`: the last drift check of one of its stacks."""

    name: str
    answered_at: datetime | None
    failures: int
    checked_at: datetime | None


@dataclass(frozen=True)
class NotificationNumbers:
    """`waiting_since`: the oldest event that it has not delivered yet."""

    name: str
    messages: int
    failures: int
    waiting_since: datetime | None


@dataclass(frozen=True)
class PoolNumbers:
    """`starved`: runs wait for it, and it has no worker although nobody drained it."""

    row: PoolRow
    workers: Mapping[WorkerStatus, int]
    starved: bool
    silent_applies: int
    namesakes: int  # workers under whose name another one was refused lately


@dataclass(frozen=True)
class Numbers:
    """`queued_since` and `waiting_since` are of the oldest run in the queue and the oldest plan without approval."""

    now: datetime
    daemon: bool
    reload_refused: bool
    shortage: bool
    sync: Mapping[Sync, int]
    drift: Mapping[DriftStatus, int]
    health: Mapping[Health, int]
    open_runs: Mapping[tuple[Kind, State], int]
    queued_since: datetime | None
    waiting_since: datetime | None
    locked_since: Mapping[str, datetime]  # by stack
    reports: Mapping[ReportStatus, int]
    drifted_since: Mapping[str, datetime]  # by stack, of open reports
    sources: tuple[SourceNumbers, ...]
    dead_letters: Mapping[str, int]  # by consumer
    queues: Mapping[str, QueueState]  # of AWS events, by name
    notifications: tuple[NotificationNumbers, ...]
    ended: Mapping[tuple[Kind, State], int]
    took: Mapping[str, Timed]
    broker_unreachable: bool
    pools: tuple[PoolNumbers, ...]


def numbers(reader: Reader, settings: Settings, clock: Clock, host: Host, records: StackRecords) -> Numbers:
    """`records` are those of the moment that `reader` sees."""
    # Without what only lists show, such as approvals: that is half of the time.
    per_account = settings.executor.per_account
    found = views_of(records, reader, clock, host.shortage, per_account, settings.promotion)
    stacks = [view.stack for view in found]
    runs, reports = reader.open_runs(), reader.reports()
    status = {one.name: one for one in reader.sources()}
    checked: dict[str, datetime] = {}
    for one in stacks:
        if one.checked_at is not None:
            checked[one.source] = max(one.checked_at, checked.get(one.source, one.checked_at))
    return Numbers(
        now=host.now,
        daemon=host.daemon is not None,
        reload_refused=host.refused is not None,
        shortage=host.shortage is not None,
        sync=Counter(one.sync for one in stacks),
        drift=Counter(one.drift for one in stacks),
        health=Counter(health(view)[0] for view in found),
        open_runs=Counter((run.kind, run.state) for run in runs),
        queued_since=min((run.created_at for run in runs if run.state is State.QUEUED), default=None),
        waiting_since=min(
            (run.planned_at or run.changed_at for run in runs if run.state is State.AWAITING_APPROVAL),
            default=None,
        ),
        locked_since={lock.stack: lock.since for lock in reader.locks()},
        reports=Counter(report.status for report in reports),
        drifted_since={
            report.stack: report.first_seen for report in reports if report.status is ReportStatus.OPEN
        },
        sources=tuple(
            SourceNumbers(
                source.name,
                host.answers.get(source.name),
                status[source.name].failures if source.name in status else 0,
                checked.get(source.name),
            )
            for source in settings.sources
        ),
        dead_letters=Counter(letter.consumer for letter in reader.dead_letters()),
        queues={one.name: one for one in reader.queue_states()},
        notifications=tuple(
            NotificationNumbers(row.name, row.messages, row.failures, row.waiting_since)
            for row in notification_rows(reader, settings)
        ),
        ended=reader.run_totals(),
        took=reader.execution_totals(),
        broker_unreachable=host.broker is not None,
        pools=tuple(_pools(reader, settings, clock, host.now)),
    )


def _pools(reader: Reader, settings: Settings, clock: Clock, now: datetime) -> Iterator[PoolNumbers]:
    if not settings.pools:
        return
    workers = reader.workers()
    leases = lease_rows(reader, now)
    silent = Counter(lease.pool for lease in leases if silent_apply(lease, now) is not None)
    for row in pool_rows(settings, reader, now, in_closed_windows(settings, reader, clock)):
        found = Counter(worker.status(now) for worker in workers if worker.pool == row.name)
        yield PoolNumbers(
            row,
            found,
            starved=without_worker(row, now) is not None,
            silent_applies=silent[row.name],
            namesakes=sum(worker.pool == row.name and worker.had_namesake(now) for worker in workers),
        )
