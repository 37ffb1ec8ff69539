"""The file that local runs use, and the newest version: the same before a run, and after it.

Local runs keep terraform's own backend for files, so that nothing but terraform lies between an apply and its state.
What a run wrote becomes a version when its end is recorded, or else before the next run of its stack.
"""

import hashlib

from runner import failpoint
from runner.errors import DriftlineError, StateForked, StateLockHeld, StateNotWritten
from runner.host.log import log
from runner.model.approval.arriving_state import Unreadable
from runner.model.execution.job import Job
from runner.model.run.life import Kind
from runner.model.stack.definition import Stack
from runner.model.state.file import Copies, Move, move
from runner.model.state.header import Header, header_of
from runner.model.state.version import Origin, StateKey, StateVersion
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.records.runs import RunFilter
from runner.ports.records.states import StateReader, StateWriter
from runner.service.state.record import record

NOBODY_KNOWN = "unknown"


@dataclass(frozen=True)
class StoreStates:
    """For runs on this host."""

    control: ControlPorts

    def lay_out(self, job: Job) -> None:
        """StateForked, StateNotWritten or StateVersionLost if the file cannot be the newest version; StateLockHeld."""
        key = StateKey(job.folder, job.stack.terraform_workspace)
        if not job.kind.only_reads:
            _refuse_locked(self.control, job, key)
        bring_together(self.control, job.stack.name, key)


def make_ready(control: ControlPorts, stack: Stack) -> None:
    """Before a run elsewhere is offered: where the states' files are is not where they are served."""
    bring_together(control, stack.name, StateKey.of(stack))


def _refuse_locked(control: ControlPorts, job: Job, key: StateKey) -> None:
    """By terraform on another host, which a file's lock knows nothing of."""
    with control.store.reading() as reader:
        held = reader.served_lock(key)
    if held is not None:
        raise StateLockHeld(stack=job.stack.name, lock=held.lock)


def take_in_after(control: ControlPorts, job: Job) -> None:
    """What an apply wrote. Its end is recorded even if this fails: the next run of the stack takes the file in."""
    if not job.managed_state or job.served is not None:
        return
    key = StateKey(job.folder, job.stack.terraform_workspace)
    try:
        bring_together(
            control, job.stack.name, key, origin=origin_of(job.kind, healing=bool(job.report)), by=job.name
        )
    except (DriftlineError, OSError) as error:
        log.warning("state.not_taken_in", run=job.name, stack=job.stack.name, problem=str(error))


def origin_of(kind: Kind, *, healing: bool) -> Origin:
    if kind is Kind.DESTROY:
        return Origin.DESTROY
    return Origin.HEAL if healing else Origin.APPLY


def current_state(control: ControlPorts, stack: Stack) -> bytes | None:
    """For somebody who only reads: the file, unless the newest version came from elsewhere since."""
    key = StateKey.of(stack)
    found = _Found.of(control, key)
    with control.store.reading() as reader:
        due, newest = move(found.beside(reader, key)), reader.newest_state(key)
    return control.states.get(key, newest.digest) if due is Move.LAY_OUT and newest else found.content


def bring_together(
    control: ControlPorts, stack: str, key: StateKey, *, origin: Origin = Origin.FILE, by: str = NOBODY_KNOWN
) -> Move:
    """Make both the same; returns what that took. The caller keeps runs of the stack from writing the file meanwhile."""
    found = _Found.of(control, key)
    with control.store.reading() as reader:
        # Nearly always there is nothing to do, and then nothing is written.
        copies = found.beside(reader, key)
    if move(copies) is Move.NOTHING and copies.equal in {copies.newest, None}:
        return Move.NOTHING
    with control.store.writing() as writer:
        copies, newest = found.beside(writer, key), writer.newest_state(key)
        due = move(copies)
        if due is Move.TAKE_IN:
            found.take_in(control, writer, key, origin, by)
        elif copies.file is not None and copies.file == copies.newest:
            writer.note_state_file(key, copies.file)
    failpoint.reach("state.after_row")
    if due is Move.FORKED:
        assert newest is not None
        path = control.workspaces.state_file(key.folder, key.workspace)
        raise StateForked(stack=stack, path=path, number=newest.number, by=newest.by)
    if due is Move.LAY_OUT:
        assert newest is not None
        _lay_out(control, stack, key, newest)
    return due


@dataclass(frozen=True)
class _Found:
    """The file as it is."""

    content: bytes | None
    digest: str | None
    header: Header | None

    @classmethod
    def of(cls, control: ControlPorts, key: StateKey) -> "_Found":
        content = control.workspaces.managed_state(key.folder, key.workspace)
        if content is None:
            return cls(None, None, None)
        return cls(content, hashlib.sha256(content).hexdigest(), _header(content))

    def beside(self, reader: StateReader, key: StateKey) -> Copies:
        newest = reader.newest_state(key)
        equal = reader.state_file_equal(key)
        return Copies(self.digest, newest.digest if newest else None, equal, whole=self.header is not None)

    def take_in(
        self, control: ControlPorts, writer: StateWriter, key: StateKey, origin: Origin, by: str
    ) -> None:
        assert self.content is not None
        assert self.header is not None
        made = record(control.states, writer, key, self.content, self.header, origin=origin, by=by)
        writer.note_state_file(key, made.digest)


def _lay_out(control: ControlPorts, stack: str, key: StateKey, newest: StateVersion) -> None:
    content = control.states.get(key, newest.digest)
    with control.store.reading() as reader:
        run = next((run.id for run in reader.runs(RunFilter(stack=stack, limit=1))), 0)
    try:
        # The copy of what was there sorts before that of the next apply, which is newer.
        control.workspaces.put_state(
            key.folder, key.workspace, content, f"{run:012d}-before-version-{newest.number}"
        )
    except OSError as error:
        raise StateNotWritten(stack=stack, problem=error.strerror or str(error)) from error
    failpoint.reach("state.after_file")
    with control.store.writing() as writer:
        writer.note_state_file(key, newest.digest)


def _header(content: bytes) -> Header | None:
    try:
        return header_of(content)
    except Unreadable:
        return None
