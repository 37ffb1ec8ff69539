"""A person forgets a stack that left Git."""

from runner.errors import Blocked, Conflict, StackLocked
from runner.model.approval.approval import Person
from runner.model.run.busy import refuse_executing
from runner.model.run.life import Event
from runner.model.stack.definition import Stack
from runner.ports.control import ControlPorts
from runner.ports.records.joined import StackUseReader
from runner.service.outcome.leave import leave


def may_be_forgotten(reader: StackUseReader, name: str) -> Stack:
    """The stack; Blocked if it is still in Git, StackLocked and StackBusy while it is being worked on."""
    stack = reader.stack(name)
    if stack.left is not None:
        raise Conflict(f'stack "{name}" is already {stack.left}', hint=f"driftline stack history {name}")
    if stack.missing_since is None:
        raise Blocked(
            f'stack "{name}" is still in Git ({stack.source}: {stack.file}); remove it there first',
            hint=f"driftline plan {name} --destroy   first, to destroy its resources",
        )
    lock = reader.lock(name)
    if lock is not None:
        raise StackLocked(stack=name, holder=lock.holder, reason=lock.reason, hint=lock.way_out)
    refuse_executing(reader.open_runs(name))
    return stack


def forget(control: ControlPorts, name: str, person: Person, reason: str) -> None:
    """Runs, history and audit entries stay, and so does a managed state: if the stack returns, it continues with it."""
    with control.store.writing() as writer:
        may_be_forgotten(writer, name)
        for run in writer.open_runs(name):
            writer.transition(run, Event.SUPERSEDE, by=person.name, reason="the stack is forgotten")
        how = f"forgotten by {person.name}" + (f": {reason}" if reason else "")
        leave(control, writer, name, how, by=person.name)
