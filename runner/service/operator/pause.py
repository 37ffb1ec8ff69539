"""Pauses of people."""

from datetime import datetime, timedelta

from runner.model.approval.approval import Person
from runner.model.run.life import Event, State
from runner.model.stack.definition import Pause
from runner.model.values.moment import end_of
from runner.ports.control import ControlPorts
from runner.ports.records.joined import StackRunWriter


def pause(
    control: ControlPorts, stack: str, person: Person, reason: str, length: timedelta | datetime | None
) -> Pause:
    """Neither plans nor checks until it is resumed, or until the time is over.

    Without a length, a current pause keeps its end: repeating it must not make it endless.
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


def _leave_queued(writer: StackRunWriter, stack: str, person: Person) -> None:
    """A queued run does not start; it is due again once the stack is resumed."""
    for run in writer.open_runs(stack):
        if run.state is State.QUEUED and run.claim is None:
            writer.transition(run, Event.SUPERSEDE, by=person.name, reason="the stack was paused")
            if run.follows_git:
                writer.mark_planned(stack, "")


def resume(control: ControlPorts, stack: str, person: Person) -> None:
    with control.store.writing() as writer:
        writer.stack(stack)
        writer.pause(stack, None, by=person.name)
