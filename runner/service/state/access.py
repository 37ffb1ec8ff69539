"""Which run may use a served state: it proves itself with a token of its own, which counts while it executes."""

from runner.errors import DriftlineError, StateAccessRefused
from runner.model.execution.job import Phase
from runner.model.run.life import Run
from runner.model.state.served import LASTS, ServedState, StateToken, address_at, may_read
from runner.model.state.version import StateKey
from runner.model.values.frozen import dataclass
from runner.ports.control import ControlPorts
from runner.ports.records.runs import RunReader
from runner.ports.records.stacks import StackReader
from runner.ports.records.states import StateWriter
from runner.ports.records.store import Reader, Writer

_NAME = "run-"


@dataclass(frozen=True)
class Admitted:
    """A run that executes, and the state that it may use."""

    run: Run
    key: StateKey


def give_access(control: ControlPorts, writer: Writer, run: Run, phase: Phase, server: str) -> ServedState:
    """Inside the transaction that hands the job out. `server` is the URL at which its host reaches this one.

    Earlier tokens of the run end, and so does a lock that its former process left: that one can write no more. The
    process of an apply that is adopted goes on with the token that it has.
    """
    if phase is not Phase.ADOPT:
        writer.revoke_state_tokens(run.id)
        lock = writer.served_lock(_key(writer, run))
        if lock is not None and lock.run == run.id:
            writer.release_served_lock(lock.key)
    token, secret = StateToken.new(run.id, control.clock.now())
    writer.save_state_token(token)
    return ServedState(address_at(server, run.stack), run.name, secret)


def renew_access(control: ControlPorts, writer: StateWriter, run: int) -> None:
    """With a heartbeat of the run: an apply may take days. Written only now and then."""
    until = control.clock.now() + LASTS
    if any(until - token.expires_at > LASTS / 24 for token in writer.state_tokens(run)):
        writer.extend_state_tokens(run, until)


def admit(control: ControlPorts, reader: Reader, stack: str, username: str, password: str) -> Admitted:
    """StateAccessRefused, which never says which part was wrong to somebody without a token."""
    run = _run(reader, username)
    tokens = () if run is None else reader.state_tokens(run.id)
    now = control.clock.now()
    # Each is compared, so that how long it takes does not depend on which one fits.
    if not any([token.opens(password, now) for token in tokens]):  # noqa: C419
        raise StateAccessRefused(problem="the name or the password is wrong, or it has expired")
    assert run is not None
    if run.stack != stack or not run.managed_state:
        raise StateAccessRefused(problem=f"{run.name} is a run of another stack")
    if not may_read(run):
        raise StateAccessRefused(problem=f"{run.name} is {run.state.in_words}, and does not execute")
    return Admitted(run, _key(reader, run))


def _run(reader: RunReader, username: str) -> Run | None:
    number = username.removeprefix(_NAME)
    if not (username.startswith(_NAME) and number.isascii() and number.isdigit() and len(number) < 19):
        return None
    try:
        return reader.run(int(number))
    except DriftlineError:
        return None


def _key(reader: StackReader, run: Run) -> StateKey:
    stack = reader.stack(run.stack)
    return StateKey(stack.folder, stack.definition.terraform_workspace)
