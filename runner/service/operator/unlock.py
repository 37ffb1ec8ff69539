"""A person releases terraform's lock on a state that a dead apply of ours left behind; never anyone else's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from runner.errors import (
    BelongsToPool,
    Blocked,
    Conflict,
    DriftlineError,
    EngineFailed,
    NotFound,
    StateBusy,
    StateHeld,
)
from runner.model.approval.approval import Person
from runner.model.execution.job import Job, JobSource, LockResult, Phase
from runner.model.run.busy import busy, refuse_executing
from runner.model.run.life import HALF_CHANGED, Kind, Run, State
from runner.model.stack.lock import StateLock
from runner.model.state.version import StateKey
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.records.audit import AuditWriter
from runner.ports.records.runs import RunFilter, RunReader
from runner.ports.records.store import Reader
from runner.service.cycle.placed import placement_of
from runner.service.queue.assignment import Assignment

Ask = Callable[[Assignment], LockResult]  # lets a worker execute it, and waits
# A person may have resolved an interrupted run as applied; its lock is still there.
_ENDED = HALF_CHANGED | {State.APPLIED}
_LOOKED_THROUGH = 50


@dataclass(frozen=True)
class Offer:
    """The lock that may be released, and the run that left it."""

    run: Run
    lock: StateLock


def offer(control: ControlPorts, ask: Ask, stack: str) -> Offer:
    """The lock on the state now, if it is exactly the one that our own dead run is known to have held.

    NotFound if the state is unlocked, StateHeld if someone else holds the lock.
    """
    with control.store.reading() as reader:
        if (served := _served(reader, stack)) is not None:
            return served
        own = _own(reader, stack)
        run = own.run if own else _newest(reader, stack)
    if run.managed_state:
        raise NotFound(
            f'the state of stack "{stack}" is a managed file: its lock ends with the process that took it',
            hint=f"driftline stack show {stack}",
        )
    _refuse_in_pool(control, run, own)
    with _alone(control, run, Phase.SEE_LOCK) as assignment:
        there = _answered(ask(assignment))
    if there is None:
        raise NotFound(
            f'the state of stack "{stack}" is not locked',
            hint=f"driftline stack show {stack}",
        )
    if own is None or own.lock.id != there.id:
        raise StateHeld(stack=stack, lock=there, id=there.id)
    return own


def free(control: ControlPorts, ask: Ask, stack: str, lock_id: str, person: Person, reason: str) -> None:
    """Release exactly that lock. It is recorded beforehand; runs that wait for the state are due at once.

    NotFound if no dead run of ours is known to have left it.
    """
    with control.store.writing() as writer:
        if (served := _served(writer, stack)) is not None and served.lock.id == lock_id:
            _audit(writer, served, person, reason)
            writer.release_served_lock(StateKey.of(writer.stack(stack)))
            return
    with control.store.reading() as reader:
        own = _own(reader, stack)
    if own is None or own.lock.id != lock_id:
        raise NotFound(
            f'no run of stack "{stack}" is known to have left lock {lock_id}',
            hint=f"driftline lock force-unlock {stack}",
        )
    _refuse_in_pool(control, own.run, own)
    with _alone(control, own.run, Phase.UNLOCK) as assignment:
        with control.store.writing() as writer:
            _audit(writer, own, person, reason)
        _answered(ask(replace(assignment, job=replace(assignment.job, lock_id=own.lock.id))))


def _refuse_in_pool(control: ControlPorts, run: Run, own: Offer | None) -> None:
    """BelongsToPool: what asks for the lock executes code of the stack, and its credentials are on other hosts."""
    with control.store.reading() as reader:
        belongs = placement_of(control.settings, reader, run)
    if not belongs.here:
        lock = "LOCK_ID" if own is None else own.lock.id
        raise BelongsToPool(
            stack=run.stack,
            where=belongs.sentence,
            what="terraform",
            hint=f"with the credentials of the pool, in the code of the stack:   terraform force-unlock {lock}",
        )


def _audit(writer: AuditWriter, of: Offer, person: Person, reason: str) -> None:
    lock = of.lock
    about = {"run": of.run.name, "lock": lock.id, "who": lock.who, "taken": lock.created, "reason": reason}
    writer.audit_note(person.name, "lock.force_unlock", of.run.stack, about)


def _served(reader: Reader, name: str) -> Offer | None:
    """Of a state that we serve, the lock is on our own records; StackBusy while the run that took it executes."""
    stack = reader.stack(name)
    held = reader.served_lock(StateKey.of(stack)) if stack.managed_state else None
    if held is None:
        return None
    run = reader.run(held.run)
    if run.claim is not None:
        raise busy(run)
    return Offer(run, held.lock)


def _answered(result: LockResult) -> StateLock | None:
    if result.reason:
        kinds: dict[int, type[DriftlineError]] = {kind.exit_code: kind for kind in (Conflict, Blocked)}
        raise kinds.get(result.exit_code, EngineFailed)(result.reason, hint=result.hint)
    return result.lock


def _own(reader: RunReader, stack: str) -> Offer | None:
    """The newest lock that a run of the stack is known to have left."""
    for run in reader.runs(RunFilter(stack=stack, states=_ENDED, limit=_LOOKED_THROUGH)):
        evidence = reader.evidence(run.id)
        if evidence is not None and evidence.lock is not None and evidence.lock_is_ours:
            return Offer(run, evidence.lock)
    return None


def _newest(reader: RunReader, stack: str) -> Run:
    for kind in (Kind.CHANGE, Kind.DESTROY):
        for run in reader.runs(RunFilter(stack=stack, kind=kind, limit=1)):
            return run
    raise NotFound(f'stack "{stack}" was never planned', hint=f"driftline plan {stack}")


@contextmanager
def _alone(control: ControlPorts, run: Run, phase: Phase) -> Iterator[Assignment]:
    """While nothing else executes on the stack or may change its state."""
    held = control.claims.take(run.id, run.identity)
    if held is None:
        raise StateBusy(stack=run.stack, run=run.name)
    try:
        with control.store.reading() as reader:
            refuse_executing(reader.open_runs(run.stack), checks=False)
            job = _job(control, reader, run, phase)
        yield Assignment(job, held)
    finally:
        held.release()


def _job(control: ControlPorts, reader: Reader, run: Run, phase: Phase) -> Job:
    source = control.settings.required_source(run.source)
    return Job(
        run=run.id,
        phase=phase,
        kind=run.kind,
        stack=reader.definition(run.definition),
        source=JobSource.of(source),
        revision=run.revision,
        module_path=run.module_path,
        managed_state=run.managed_state,
        file=run.file,
        home=reader.stack(run.stack).folder,
    )
