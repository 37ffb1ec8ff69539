"""The lease that a worker refers to: still its own, or over."""

from runner.errors import LeasedToAnother, LeaseOver
from runner.model.run.life import Run
from runner.model.work.lease import Lease, LeaseEnd
from runner.ports.records.store import Reader

_WHY = {
    LeaseEnd.SETTLED: "its result is recorded",
    LeaseEnd.LOST: "its heartbeats stopped, and the run went to another worker",
    LeaseEnd.GIVEN_UP: "a person gave up its worker",
}


def held_lease(reader: Reader, run_id: int, fence: int, pool: str) -> Lease:
    """LeaseOver if it no longer holds, LeasedToAnother with a token of another pool."""
    run, lease = reader.run(run_id), reader.lease(run_id)
    if lease is None or lease.fence != fence:
        raise LeaseOver(fence=fence, run=run.name, why="there is a newer one, or it never existed")
    if lease.end is not None:
        raise LeaseOver(fence=fence, run=run.name, why=_WHY[lease.end])
    if lease.pool != pool:
        # Its token may be given back to the pool, and its result is still wanted.
        raise LeasedToAnother(fence=fence, run=run.name, theirs=lease.pool, pool=pool)
    return lease


def settled_by(reader: Reader, run_id: int, fence: int) -> Run | None:
    """The run, if this very lease has delivered its result already: the answer may have been lost on the way."""
    lease = reader.lease(run_id)
    mine = lease is not None and lease.fence == fence and lease.end is LeaseEnd.SETTLED
    return reader.run(run_id) if mine else None
