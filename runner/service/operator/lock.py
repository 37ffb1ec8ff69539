"""Locks of people."""

from runner.errors import NotFound, RunUnresolved, StackLocked
from runner.model.approval.approval import Person
from runner.model.run.busy import refuse_executing
from runner.model.run.life import State
from runner.model.stack.lock import Lock
from runner.ports.control import ControlPorts


def take(control: ControlPorts, stack: str, person: Person, reason: str) -> Lock:
    """Nothing is planned or applied on the stack until the lock is released; drift checks continue."""
    lock = Lock(stack=stack, holder=person.name, reason=reason, since=control.clock.now())
    with control.store.reading() as reader:
        # Read first, so that a refusal does not wait for the write lock.
        held = reader.lock(stack)
    if held is not None:
        raise StackLocked(stack=stack, holder=held.holder, reason=held.reason, hint=held.way_out)
    with control.store.writing() as writer:
        writer.stack(stack)
        refuse_executing(writer.open_runs(stack), checks=False)
        writer.place_lock(lock, by=person.name)
    return lock


def release(control: ControlPorts, stack: str, person: Person, reason: str) -> Lock:
    """Release the stack's lock. After a failed run a fresh plan is due; an interrupted run has to be resolved first."""
    with control.store.writing() as writer:
        writer.stack(stack)
        lock = writer.lock(stack)
        if lock is None:
            raise NotFound(f'stack "{stack}" is not locked', hint="driftline lock list")
        unresolved = lock.run is not None and writer.run(lock.run).state is State.INTERRUPTED
        if unresolved:
            raise RunUnresolved(run=lock.holder, stack=stack)
        writer.release_lock(stack, by=person.name, reason=reason)
        if lock.run is not None:
            writer.mark_planned(stack, "")
    return lock
