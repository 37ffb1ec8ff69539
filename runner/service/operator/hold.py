"""Locks and pauses of people."""

from datetime import datetime, timedelta

from runner.errors import NotFound, RunUnresolved, StackBusy, StackLocked
from runner.model.approval.approval import Person
from runner.model.run.life import Event, Kind, State
from runner.model.stack.definition import Pause
from runner.model.stack.lock import Lock
from runner.model.values.moment import end_of
from runner.ports.control import ControlPorts
from runner.ports.records import Writer


def take(control: ControlPorts, stack: str, person: Person, reason: str) -> Lock:
    """Nothing is planned or applied on the stack until the lock is released; drift checks go on."""
    lock = Lock(stack=stack, holder=person.name, reason=reason, since=control.clock.now())
    with control.store.reading() as reader:
        # Looked at first, so that a refusal costs nobody a turn at writing.
        held = reader.hold(stack)
    if held is not None:
        raise StackLocked(stack=stack, holder=held.holder, reason=held.reason, hint=held.way_out)
    with control.store.writing() as writer:
        writer.stack(stack)
        busy = next(
            (r for r in writer.open_runs(stack) if r.claim is not None and r.kind is not Kind.DRIFT), None
        )
        if busy is not None and busy.claim is not None:
            raise StackBusy(
                stack=stack, run=busy.name, state=busy.state, since=f"{busy.claim.since:%H:%M:%S} UTC"
            )
        writer.take_hold(lock, by=person.name)
    return lock


def release(control: ControlPorts, stack: str, person: Person, reason: str) -> Lock:
    """Free the stack. Where a failed run held it, a fresh plan is due; an interrupted one has to be resolved first."""
    with control.store.writing() as writer:
        writer.stack(stack)
        hold = writer.hold(stack)
        if hold is None:
            raise NotFound(f'stack "{stack}" is not locked', hint="driftline lock list")
        unresolved = hold.run is not None and writer.run(hold.run).state is State.INTERRUPTED
        if unresolved:
            raise RunUnresolved(run=hold.holder, stack=stack)
        writer.release_hold(stack, by=person.name, reason=reason)
        if hold.run is not None:
            writer.mark_planned(stack, "")
    return hold


def pause(
    control: ControlPorts, stack: str, person: Person, reason: str, length: timedelta | datetime | None
) -> Pause:
    """Neither plans nor checks until it is resumed, or until the time is over.

    Without a length a pause that holds keeps its end: saying it twice must not make it endless.
    """
    now = control.clock.now()
    with control.store.writing() as writer:
        held = writer.stack(stack).pause
        end = held.until if held is not None and held.holds(now) else None
        paused = Pause(
            by=person.name,
            reason=reason,
            since=now,
            until=end_of(length, now) if length is not None else end,
        )
        writer.pause(stack, paused, by=person.name)
        _leave_queued(writer, stack, person)
    return paused


def _leave_queued(writer: Writer, stack: str, person: Person) -> None:
    """What has not begun does not begin any more; it is due again once the stack is resumed."""
    for run in writer.open_runs(stack):
        if run.state is State.QUEUED and run.claim is None:
            writer.transition(run, Event.SUPERSEDE, by=person.name, reason="the stack was paused")
            if run.follows_git:
                writer.mark_planned(stack, "")


def resume(control: ControlPorts, stack: str, person: Person) -> None:
    with control.store.writing() as writer:
        writer.stack(stack)
        writer.pause(stack, None, by=person.name)
