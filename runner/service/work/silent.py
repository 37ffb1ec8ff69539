"""Taking runs back from silent workers, and from workers that a person gives up."""

from collections.abc import Callable, Iterable
from datetime import datetime

from runner.errors import WorkerBusy, WorkerUnknown
from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import ApplyOutcome, ApplyResult, PlanFailure
from runner.model.run.life import Event, Run, State
from runner.model.values.frozen import dataclass
from runner.model.work.lease import Lease, LeaseEnd, is_leased
from runner.model.work.lost import Lost, fate
from runner.model.work.offers import Offer
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer
from runner.service.outcome.settle import settle_whole


@dataclass(frozen=True)
class Missed:
    """A lease whose worker is silent, and what becomes of its run."""

    lease: Lease
    fate: Lost


def expire_leases(control: ControlPorts, listening: datetime | None = None) -> list[Missed]:
    """Take runs back from workers that were silent while somebody was `listening`; only an apply that may be going on stays theirs."""
    now = control.clock.now()
    with control.store.reading() as reader:
        silent = [lease for lease in reader.leases() if lease.silent(now, listening)]
    return [missed for lease in silent if (missed := _take_back(control, lease, listening)) is not None]


def _take_back(control: ControlPorts, lease: Lease, listening: datetime | None) -> Missed | None:
    failed = False
    with control.store.writing() as writer:
        fresh, run = writer.lease(lease.run), writer.run(lease.run)
        if fresh is None or fresh.fence != lease.fence or not fresh.silent(control.clock.now(), listening):
            return None
        before = writer.offer(run.id)
        lost = before.lost if before is not None else 0
        what = fate(run.state, lost) if is_leased(run) else Lost.PUT_BACK
        if what is Lost.WAIT:
            return Missed(fresh, what)
        failed = what is Lost.FAILED and run.cancel_requested_by is None
        if not failed:
            _put_right(writer, run, lease)
            writer.note_offers([Offer(run.id, lease.attempt + 1, lease.pool, None, lost + 1)])
            writer.end_lease(fresh, LeaseEnd.LOST)
    if failed:
        _fail(control, lease, lost)
    return Missed(lease, what)


def _put_right(writer: Writer, run: Run, lease: Lease) -> None:
    if not is_leased(run):
        return
    if run.state is State.PLANNING and run.cancel_requested_by not in {None, DAEMON}:
        assert run.cancel_requested_by is not None
        writer.transition(run, Event.CANCEL, by=run.cancel_requested_by, reason="stopped on request")
    elif run.state is State.PLANNING:
        again = writer.annotate(run, cancel_requested_by=None)  # it was only to make way for something else
        writer.transition(again, Event.REQUEUE, by=DAEMON, reason=f"its worker {lease.worker} is silent")
    else:
        writer.release(run)


def _fail(control: ControlPorts, lease: Lease, lost: int) -> None:
    reason = f"{lost + 1} workers fell silent while they planned it, most recently {lease.worker}"
    failure = PlanFailure((Diagnostic("error", reason),), reason)

    with control.store.alongside(_ending(lease, LeaseEnd.LOST)):
        settle_whole(control, lease.job, failure)


def _ending(lease: Lease, how: LeaseEnd) -> Callable[[Writer], None]:
    """Ends exactly this lease, once."""

    def end(writer: Writer) -> None:
        fresh = writer.lease(lease.run)
        if fresh is not None and fresh.fence == lease.fence and fresh.end is None:
            writer.end_lease(fresh, how)

    return end


def give_up(control: ControlPorts, worker: str, *, by: str, force: bool) -> list[Run]:
    """Forget a worker that will not come back; its applies end as interrupted, with their stacks locked.

    WorkerBusy if it was heard from lately and still applies something, unless `force`.
    """
    now = control.clock.now()
    with control.store.reading() as reader:
        known = next((one for one in reader.workers() if one.name == worker), None)
        leases = [lease for lease in reader.leases() if lease.worker == worker]
    if known is None and not leases:
        raise WorkerUnknown(worker=worker)
    alive = [lease for lease in leases if not lease.silent(now)]
    if alive and not force:
        ago = int((now - max(lease.heard for lease in alive)).total_seconds())
        raise WorkerBusy(worker=worker, ago=f"{ago} s", runs=_names(alive))
    ended = [_interrupt(control, lease, by) for lease in leases]
    with control.store.writing() as writer:
        writer.forget_worker(worker)
        writer.audit_note(by, "worker.forget", worker, {"runs": [lease.job.name for lease in leases]})
    return ended


def _interrupt(control: ControlPorts, lease: Lease, by: str) -> Run:
    """A plan is queued again. What an apply has done is unknown here."""
    end = _ending(lease, LeaseEnd.GIVEN_UP)
    with control.store.reading() as reader:
        run = reader.run(lease.run)
    reason = f"{by} gave up its worker {lease.worker}, so what it did is unknown"
    if run.state is State.APPLYING:
        with control.store.alongside(end):
            return settle_whole(control, lease.job, ApplyResult(ApplyOutcome.INTERRUPTED, reason))
    with control.store.writing() as writer:
        end(writer)
        _put_right(writer, writer.run(lease.run), lease)
        return writer.run(lease.run)


def _names(leases: Iterable[Lease]) -> str:
    return ", ".join(lease.job.name for lease in leases)
