"""What needs a person about pools."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.work.offers import BrokerProblem
from runner.ports.records.store import Reader
from runner.view.lease import lease_rows, silent_apply
from runner.view.need import Need, Why
from runner.view.pool import PoolRow, unplaced
from runner.view.when import ago


def pool_needs(
    settings: Settings,
    reader: Reader,
    stacks: Iterable[Stack],
    pools: Iterable[PoolRow],
    broker: BrokerProblem | None,
    now: datetime,
) -> Iterator[Need]:
    if broker is not None:
        text = f"has been unreachable since {ago(broker.since, now)}, so no run is announced: {broker.text}"
        yield Need(Why.BROKER, "broker", None, text, "driftline doctor", failure=True)
    yield from (need for pool in pools if (need := without_worker(pool, now)) is not None)
    if settings.pools:
        leases = lease_rows(reader, now)
        yield from (need for lease in leases if (need := silent_apply(lease, now)) is not None)
    for stack, problem in dict.fromkeys(unplaced(settings, reader, stacks)):
        text = f"executes nowhere: {problem}"
        yield Need(Why.PLACE, stack, stack, text, f"driftline stack show {stack}", failure=True)


def without_worker(pool: PoolRow, now: datetime) -> Need | None:
    """Of a pool with waiting runs that nobody takes. A drained one was taken out of work on purpose."""
    if pool.workers or not pool.waiting or pool.drained is not None:
        return None
    waits = "1 run waits" if pool.waiting == 1 else f"{pool.waiting} runs wait"
    silent = f" ({pool.silent} silent)" if pool.silent else ""
    text = f"has no ready worker{silent}; {waits}, the oldest since {ago(pool.waiting_since, now)}"
    return Need(Why.POOL, pool.name, None, text, "driftline worker list", failure=True)
