"""A person rolls a state back, or pushes another one. Either makes a new version, and none is lost."""

from runner.errors import Conflict, NotAState, StateNotAccepted
from runner.model.approval.approval import Person
from runner.model.approval.arriving_state import LARGEST_SERIAL, Unreadable
from runner.model.events.feed import StateReplaced
from runner.model.stack.definition import Stack
from runner.model.state.following import objection
from runner.model.state.header import Header, header_of, with_serial
from runner.model.state.version import Origin, StateKey, StateVersion
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer
from runner.service.integrity.checkpoint import try_checkpoint
from runner.service.state.read import managed, version_of
from runner.service.state.record import record
from runner.service.state.replaced import look_again, refuse_used, supersede_plans


def roll_back(control: ControlPorts, name: str, to: int, person: Person) -> StateVersion:
    """The content of an earlier version under a new number and a higher serial, so that terraform takes it."""
    with control.store.writing() as writer:
        stack = managed(writer, name)
        refuse_used(control, writer, stack)
        newest, wanted = version_of(writer, stack), version_of(writer, stack, to)
        if wanted.digest == newest.digest:
            raise Conflict(
                f'version {to} is what stack "{name}" has already', hint=f"driftline state list {name}"
            )
        content = control.states.get(StateKey.of(stack), wanted.digest)
        header = Header(
            wanted.lineage,
            max(newest.serial, wanted.serial) + 1,
            wanted.resources,
            wanted.engine_version,
        )
        made = _replace(
            control,
            writer,
            stack,
            with_serial(content, header.serial),
            header,
            Origin.ROLLBACK,
            person,
            {"to": to, "from": newest.number},
        )
    try_checkpoint(control)
    return made


def push(
    control: ControlPorts, name: str, content: bytes, person: Person, *, file: str, force: bool
) -> StateVersion:
    """Under terraform's own rules for `state push`; with force under none, but with a serial that terraform takes."""
    try:
        header = header_of(content)
    except Unreadable as why:
        raise NotAState(file=file, problem=why) from None
    with control.store.writing() as writer:
        stack = managed(writer, name)
        refuse_used(control, writer, stack)
        kept = writer.state_versions(StateKey.of(stack))
        newest = kept[0] if kept else None
        digest = control.states.put(StateKey.of(stack), content)
        if newest is not None and newest.digest == digest:
            raise Conflict(f'stack "{name}" has this state already', hint=f"driftline state list {name}")
        problem = objection(header, newest, digest)
        if problem is not None and not force:
            raise StateNotAccepted(stack=name, problem=problem)
        if newest is not None and header.serial <= newest.serial:
            header = Header(header.lineage, newest.serial + 1, header.resources, header.engine_version)
            content = with_serial(content, header.serial)
        about = {"force": force, **({"refused": problem} if problem else {})}
        made = _replace(control, writer, stack, content, header, Origin.PUSH, person, about)
    try_checkpoint(control)
    return made


def _replace(
    control: ControlPorts,
    writer: Writer,
    stack: Stack,
    content: bytes,
    header: Header,
    origin: Origin,
    person: Person,
    about: dict[str, object],
) -> StateVersion:
    if header.serial > LARGEST_SERIAL:
        raise StateNotAccepted(stack=stack.name, problem=f"its serial would be {header.serial}")
    name = stack.name
    made = record(control.states, writer, StateKey.of(stack), content, header, origin=origin, by=person.name)
    detail = {"version": made.number, "serial": made.serial, "lineage": made.lineage, "sha256": made.digest}
    writer.audit_note(person.name, f"state.{origin}", name, {**about, **detail})
    replaced = StateReplaced(name, person.name, made.number, made.serial)
    writer.emit(f"state.{origin}", name, replaced)
    supersede_plans(
        writer, name, by=person.name, reason=f"version {made.number} of the state was made by {origin}"
    )
    look_again(control, writer, name)
    return made
