"""A state from elsewhere becomes the managed state of its stack, after a plan has shown the consequences."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import (
    Blocked,
    EngineFailed,
    NotAState,
    StateBusy,
    StateElsewhere,
    StateRefused,
)
from runner.model.approval.approval import Person
from runner.model.approval.arriving_state import (
    StateSummary,
    Unreadable,
    nothing_in_common,
    objection,
    summary_of,
)
from runner.model.changes.changes import ChangeSet, first_error
from runner.model.events.feed import StateImported
from runner.model.execution.job import PlanFailure
from runner.model.run.busy import refuse_executing
from runner.model.run.life import Kind
from runner.model.stack.definition import Stack
from runner.model.stack.lock import Lock
from runner.model.state.header import of_summary
from runner.model.state.version import Origin, StateKey
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.records.joined import StackUseReader
from runner.ports.records.runs import RunFilter
from runner.ports.records.sources import SourceReader
from runner.ports.worker import WorkerPorts
from runner.ports.workspace import Workspaces
from runner.service.approval.bind import known_state
from runner.service.execution.trial import plan_with_state
from runner.service.operator.lock import take
from runner.service.operator.request import refuse_unread
from runner.service.operator.trial_job import trial_job
from runner.service.state.file import bring_together
from runner.service.state.record import record
from runner.service.state.replaced import look_again, supersede_plans

RUN = "import"  # not a run: only its end is recorded


@dataclass(frozen=True)
class Arrival:
    """A state to be imported, and what it would replace."""

    stack: Stack
    content: bytes
    state: StateSummary
    former: bytes | None

    @property
    def known_already(self) -> bool:
        return self.content == self.former


@contextmanager
def locked(control: ControlPorts, stack: str, person: Person, file: str) -> Iterator[Lock]:
    """Nothing is planned or applied meanwhile. After a crash the lock remains for a person to release."""
    lock = take(control, stack, person, f"imports the state {file}")
    try:
        yield lock
    finally:
        with control.store.writing() as writer:
            if writer.lock(stack) == lock:
                writer.release_lock(stack, by=person.name, reason="the import has ended")


def examine(control: ControlPorts, name: str, content: bytes, file: str) -> Arrival:
    """StateRefused if it does not fit the current state or the records."""
    state = _summary(content, file)
    with control.store.reading() as reader:
        stack = reader.stack(name)
        _refuse_elsewhere(reader, stack, file)
        known = known_state(reader, name)
    if any(left.state == stack.identity.digest for left in control.claims.leftovers()):
        raise StateBusy(stack=name, run="an earlier run")
    bring_together(control, name, StateKey.of(stack))
    former = control.workspaces.managed_state(stack.folder, stack.definition.terraform_workspace)
    there = _summary_or_none(former)
    arrival = Arrival(stack, content, state, former)
    problem = None if arrival.known_already else objection(state, there, known)
    if problem is not None:
        raise StateRefused(file=file, stack=name, problem=problem)
    return arrival


def preview(control: ControlPorts, ports: WorkerPorts, arrival: Arrival) -> ChangeSet:
    """A plan with this state; nothing of it can be applied."""
    push = (
        f"without the plan, which its pool makes afterwards:   driftline state push {arrival.stack.name} FILE"
    )
    job = trial_job(control, arrival.stack, Kind.CHANGE, instead=push)
    changes = plan_with_state(job, ports, arrival.content, RUN)
    if isinstance(changes, PlanFailure):
        raise _failed(arrival.stack.name, changes)
    return changes


def refuse_stranger(arrival: Arrival, changes: ChangeSet, file: str) -> None:
    """StateRefused if the code would destroy everything in the state."""
    if nothing_in_common(arrival.state, changes):
        problem = (
            f"it has nothing in common with the code, which would destroy everything in it ({arrival.state})"
        )
        raise StateRefused(file=file, stack=arrival.stack.name, problem=problem)


def import_state(control: ControlPorts, arrival: Arrival, lock: Lock, person: Person) -> Path | None:
    """Put it in place, recorded beforehand; returns the copy of the previous one. A plan of the stack is due
    afterwards.
    """
    name, workspace = arrival.stack.name, arrival.stack.definition.terraform_workspace
    with control.store.writing() as writer:
        _refuse_moved(control.workspaces, writer, arrival, lock)
        writer.audit_note(person.name, "state.import", name, _about(arrival))
        imported = StateImported(name, person.name, arrival.state.resources, arrival.state.serial)
        writer.emit("state.import", name, imported)
        key, header = StateKey.of(arrival.stack), of_summary(arrival.state)
        record(control.states, writer, key, arrival.content, header, origin=Origin.IMPORT, by=person.name)
        supersede_plans(writer, name, by=person.name, reason="a state is imported")
        look_again(control, writer, name)
        newest = next((run.id for run in writer.runs(RunFilter(stack=name, limit=1))), 0)
    mark = f"{newest:012d}-{control.clock.now():%Y%m%dT%H%M%SZ}"
    copy = control.workspaces.put_state(arrival.stack.folder, workspace, arrival.content, mark)
    with control.store.writing() as writer:
        writer.note_state_file(key, hashlib.sha256(arrival.content).hexdigest())
    return copy


def _summary(content: bytes, file: str) -> StateSummary:
    try:
        return summary_of(content)
    except Unreadable as why:
        raise NotAState(file=file, problem=why) from None


def _summary_or_none(content: bytes | None) -> StateSummary | None:
    """None for a damaged managed state, which every plan reports."""
    try:
        return None if content is None else summary_of(content)
    except Unreadable:
        return None


def _refuse_elsewhere(reader: SourceReader, stack: Stack, file: str) -> None:
    if stack.missing_since is not None:
        raise Blocked(f'stack "{stack.name}" is no longer in Git', hint=f"driftline stack show {stack.name}")
    refuse_unread(reader, stack)
    if not stack.managed_state:
        raise StateElsewhere(stack=stack.name, identity=stack.identity, file=file)


def _refuse_moved(workspaces: Workspaces, reader: StackUseReader, arrival: Arrival, lock: Lock) -> None:
    """Everything that was examined may have changed while the person decided."""
    stack = arrival.stack
    name = stack.name
    if reader.lock(name) != lock:
        raise Blocked(f'the lock on stack "{name}" was released in the meantime', hint="driftline lock list")
    refuse_executing(reader.open_runs(name), checks=False)
    now = reader.stack(name)
    if (now.inputs, now.identity) != (stack.inputs, stack.identity):
        raise Blocked(f'stack "{name}" has changed in Git in the meantime', hint="review the new preview")
    if workspaces.managed_state(stack.folder, stack.definition.terraform_workspace) != arrival.former:
        raise Blocked(
            f'the state of stack "{name}" has changed in the meantime', hint="review the new preview"
        )


def _about(arrival: Arrival) -> dict[str, object]:
    state, former = arrival.state, arrival.former
    return {
        "sha256": hashlib.sha256(arrival.content).hexdigest(),
        "lineage": state.lineage,
        "serial": state.serial,
        "resources": state.resources,
        "replaced_sha256": None if former is None else hashlib.sha256(former).hexdigest(),
    }


def _failed(name: str, failure: PlanFailure) -> EngineFailed:
    first = first_error(failure.diagnostics)
    detail = " ".join(first.detail.split()) if first is not None else ""
    return EngineFailed(
        f'stack "{name}" cannot be planned with this state: {failure.reason}{f": {detail}" if detail else ""}',
        hint=f"driftline plan {name}   shows whether it can be planned without this state",
    )
