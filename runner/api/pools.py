"""Pools of workers on other hosts."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import NotFound, PoolUnknown
from runner.model.access.role import Role
from runner.service.work.silent import give_up
from runner.view.pool import PoolPage, WorkerRows, pool_page, worker_rows
from runner.view.run import RunRow, run_row


@operation("GET", "/pools", Role.VIEWER)
def list_pools(caller: Caller) -> PoolPage:
    """Pools with what they execute, and stacks that execute nowhere."""
    with caller.reading() as reader:
        return pool_page(caller.app.settings, reader, caller.app.clock)


@operation("POST", "/pools/{pool}/drain", Role.OWNER)
def drain_pool(caller: Caller, pool: str, *, reason: str) -> PoolPage:
    """Offer no runs to a pool until it is resumed. Runs that it executes continue."""
    _require(caller, pool)
    with caller.app.store.writing() as writer:
        writer.drain_pool(pool, by=caller.person.name, reason=reason)
    return list_pools(caller)


@operation("POST", "/pools/{pool}/resume", Role.OWNER)
def resume_pool(caller: Caller, pool: str) -> PoolPage:
    """Offer runs to a drained pool again."""
    with caller.app.store.writing() as writer:
        if not writer.resume_pool(pool, by=caller.person.name):
            raise NotFound(what="drained pool", name=pool, hint="driftline pool list")
    return list_pools(caller)


@operation("GET", "/workers", Role.VIEWER)
def list_workers(caller: Caller) -> WorkerRows:
    """Workers of all pools, with the runs that they execute."""
    with caller.reading() as reader:
        return worker_rows(reader, caller.app.clock.now())


@operation("POST", "/workers/{worker}/forget", Role.OWNER)
def forget_worker(caller: Caller, worker: str, *, force: bool = False) -> tuple[RunRow, ...]:
    """Give up a worker that does not come back. Its applies end as interrupted, and its plans are queued again.

    With `force` also one that was heard a moment ago.
    """
    ended = give_up(caller.app.control, worker, by=caller.person.name, force=force)
    return tuple(run_row(run) for run in ended)


def _require(caller: Caller, pool: str) -> None:
    if all(known.name != pool for known in caller.app.settings.pools):
        raise PoolUnknown(pool=pool)
