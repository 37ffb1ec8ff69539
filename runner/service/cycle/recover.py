"""Repair what a process left behind when it died. Any process may run it at any time, repeatedly."""

from contextlib import suppress

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.run.life import Event, Run, State
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.keeping import HeldClaim
from runner.ports.records.runs import RunWriter
from runner.service.cycle.cleanup import clear
from runner.service.cycle.dispatch import adoption
from runner.service.outcome.plan import again_after_others
from runner.service.queue.assignment import Assignment


@dataclass(frozen=True)
class Recovered:
    """What was repaired at once, and the applies that need a supervisor again."""

    ended: tuple[Run, ...] = ()
    adopted: tuple[Assignment, ...] = ()


def recover(control: ControlPorts) -> Recovered:
    """Every run without a process: a plan is queued again, an apply gets a supervisor.

    An apply outlives the process that started it; whoever executes the assignment follows it to its end, or
    reads how it ended. It is never applied again automatically.
    """
    with control.store.reading() as reader:
        claimed = reader.executing_runs()
    ended: list[Run] = []
    adopted: list[Assignment] = []
    try:
        for run in claimed:
            assert run.claim is not None
            held = control.claims.adopt(run.claim)
            if held is None:
                continue
            if run.state is State.APPLYING:
                adopted.extend(_adopt(control, run, held))
            else:
                ended.extend(_again(control, run, held))
        stacks = {*(run.stack for run in ended), *(one.job.stack.name for one in adopted)}
        # If a folder cannot be removed now, the next recovery tries again.
        with suppress(OSError):
            clear(control, stacks)
    except BaseException:
        # They will not be executed, so the next attempt must find them.
        for assignment in adopted:
            assignment.held.release()
        raise
    return Recovered(tuple(ended), tuple(adopted))


def _adopt(control: ControlPorts, run: Run, held: HeldClaim) -> list[Assignment]:
    """Nothing if its supervisor has just recorded its end: from here on nobody else can."""
    try:
        with control.store.reading() as reader:
            fresh = reader.run(run.id)
        if fresh.claim == run.claim and fresh.state is run.state:
            return [adoption(control, fresh, held)]
    except BaseException:
        held.release()
        raise
    held.release()
    return []


def _again(control: ControlPorts, run: Run, held: HeldClaim) -> list[Run]:
    """A plan that lost its process has no deadline and no reader, and changes nothing."""
    try:
        control.claims.end_orphans(held.claim)
        with control.store.writing() as writer:
            fresh = writer.run(run.id)
            if fresh.claim != run.claim or fresh.state is not run.state:
                return []
            done = _put_right(writer, fresh)
            failpoint.reach("recover.before_commit")
        failpoint.reach("recover.after_commit")
        return [done]
    finally:
        held.release()


def _put_right(writer: RunWriter, run: Run) -> Run:
    if run.state is State.PLANNING and run.cancel_requested_by == DAEMON:
        return again_after_others(writer, run)
    if run.state is State.PLANNING and run.cancel_requested_by is not None:
        return writer.transition(run, Event.CANCEL, by=run.cancel_requested_by, reason="stopped on request")
    if run.state is State.PLANNING:
        return writer.transition(run, Event.REQUEUE, by=DAEMON, reason="the process that planned it is gone")
    return writer.release(run)
