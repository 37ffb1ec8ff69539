"""Terraform's `http` backend over the versions of a state. Whoever asks was admitted in the same transaction."""

from runner.errors import NotAState, StateLockHeld, StateNotAccepted
from runner.model.approval.arriving_state import Unreadable
from runner.model.changes.changes import Diagnostic
from runner.model.run.life import Run
from runner.model.state.following import objection
from runner.model.state.header import Header, header_of
from runner.model.state.served import ServedLock, lock_id, may_write
from runner.model.state.version import StateVersion
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer
from runner.service.state.access import Admitted
from runner.service.state.file import origin_of
from runner.service.state.record import record


def write(
    control: ControlPorts, writer: Writer, who: Admitted, content: bytes, lock: str | None
) -> StateVersion:
    """NotAState, StateLockHeld or StateNotAccepted. During one apply terraform writes again and again, which is one version."""
    run, key = who.run, who.key
    header = _header(content)
    if not may_write(run):
        problem = f"{run.name} is {run.state.in_words}, and only an apply may write the state"
        raise StateNotAccepted(stack=run.stack, problem=problem)
    held = writer.served_lock(key)
    if held is None:
        raise StateNotAccepted(
            stack=run.stack, problem="its lock was released, so that another run may use it"
        )
    if held.id != lock or held.run != run.id:
        raise StateLockHeld(stack=run.stack, lock=held.lock)
    newest = writer.newest_state(key)
    digest = control.states.put(key, content)
    if (wrong := objection(header, newest, digest)) is not None:
        raise StateNotAccepted(stack=run.stack, problem=wrong)
    if newest is not None and newest.by == run.name and newest.digest != digest:
        writer.remove_state_version(key, newest.number)
    origin = origin_of(run.kind, healing=run.report is not None)
    return record(control.states, writer, key, content, header, origin=origin, by=run.name)


def lock(control: ControlPorts, writer: Writer, who: Admitted, info: bytes) -> ServedLock | None:
    """The lock that is in the way; None if it is taken now. Asking again for one's own is fine: an answer may be lost."""
    wanted = lock_id(info)
    if wanted is None:
        raise StateNotAccepted(stack=who.run.stack, problem="the lock is not one that terraform writes")
    held = writer.served_lock(who.key)
    if held is not None:
        return None if (held.id, held.run) == (wanted, who.run.id) else held
    taken = ServedLock(who.key, wanted, info.decode(), who.run.id, control.clock.now())
    writer.take_served_lock(taken)
    return None


def unlock(writer: Writer, who: Admitted, info: bytes) -> None:
    """StateLockHeld for another one's lock. None at all is fine."""
    held = writer.served_lock(who.key)
    if held is None:
        return
    if held.run != who.run.id or held.id != lock_id(info):
        raise StateLockHeld(stack=who.run.stack, lock=held.lock)
    writer.release_served_lock(who.key)


def note_refusal(writer: Writer, run: Run, message: str) -> None:
    """Terraform shows only the number of an answer, so what was refused and why is put with the run."""
    told = Diagnostic("error", f"The state that terraform sent was refused: {message}")
    writer.save_diagnostics(run.id, tuple(dict.fromkeys((*writer.diagnostics(run.id), told))))


def _header(content: bytes) -> Header:
    try:
        return header_of(content)
    except Unreadable as why:
        raise NotAState(file="the request", problem=why) from None
