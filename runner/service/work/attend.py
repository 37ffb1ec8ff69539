"""What a worker says about its run: that it is alive, that it has reached the gate, and how it ended."""

from dataclasses import replace

from runner.errors import NotAResult
from runner.model.execution.job import ApplyOutcome, ApplyResult, Result
from runner.model.run.life import Run, State
from runner.model.work.lease import LeaseEnd
from runner.model.work.offers import Offer
from runner.model.work.protocol import AtGate, Ended, Heard
from runner.model.work.result import objection
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer
from runner.service.approval.gate import StoreGate
from runner.service.outcome.settle import settle_whole
from runner.service.state.access import renew_access
from runner.service.work.held import held_lease, settled_by

_BEFORE_THE_START = frozenset({ApplyOutcome.PUT_BACK, ApplyOutcome.NOT_STARTED, ApplyOutcome.DELAYED})


def beat(control: ControlPorts, pool: str, run_id: int, fence: int) -> Heard:
    """Note that the worker is alive. The answer says whether it has to stop; LeaseOver if it is too late."""
    with control.store.writing() as writer:
        writer.hear(held_lease(writer, run_id, fence, pool))
        renew_access(control, writer, run_id)
        return Heard(cancel=writer.run(run_id).cancel_requested_by is not None)


def pass_gate(control: ControlPorts, pool: str, run_id: int, asked: AtGate) -> None:
    """Make the start of the apply durable, or raise as the gate does. Asked again after a lost answer, it has passed."""

    def still_holds(writer: Writer) -> None:
        held_lease(writer, run_id, asked.fence, pool)

    with control.store.reading() as reader:
        lease = held_lease(reader, run_id, asked.fence, pool)
        run = reader.run(run_id)
    if run.state is State.APPLYING and run.executed_digest == asked.digest:
        return
    # In one transaction with the start: between two of them, the run could be granted to another worker.
    with control.store.alongside(still_holds):
        StoreGate(control).start(lease.job, asked.digest, asked.facts)


def end(control: ControlPorts, pool: str, run_id: int, ended: Ended) -> Run:
    """Record the result, once; LeaseOver if the run is no longer this worker's, NotAResult if such a run cannot end with it."""
    with control.store.reading() as reader:
        done = settled_by(reader, run_id, ended.fence)
        if done is not None:
            return done
        lease, state = held_lease(reader, run_id, ended.fence, pool), reader.run(run_id).state
    if why := objection(lease.job.phase, ended.result):
        raise NotAResult(run=lease.job.name, why=why)

    def settle_once(writer: Writer) -> None:
        if settled_by(writer, run_id, ended.fence) is None:
            writer.end_lease(held_lease(writer, run_id, ended.fence, pool), LeaseEnd.SETTLED)
            # What comes next, such as its apply, is announced by itself.
            writer.note_offers([Offer(run_id, lease.attempt + 1, pool)])

    with control.store.alongside(settle_once):
        return settle_whole(control, lease.job, _as_recorded(state, ended.result))


def _as_recorded(state: State, result: Result) -> Result:
    """A worker that never got the gate's answer did not begin, and does not know that its start was recorded."""
    unaware = isinstance(result, ApplyResult) and result.outcome in _BEFORE_THE_START
    if state is State.APPLYING and unaware:
        assert isinstance(result, ApplyResult)
        return replace(result, outcome=ApplyOutcome.NOT_BEGUN, fresh=None)
    return result
