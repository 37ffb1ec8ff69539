"""Where terraform keeps the state of a stack, and the lock that a dead run left on it."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import Conflict
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.values.frozen import dataclass
from runner.service.operator import accept_state as acceptance
from runner.service.operator import unlock


@dataclass(frozen=True)
class MovedState:
    """Where the newest revision keeps the state; `digest` is that of the place."""

    stack: str
    place: str
    digest: str


@dataclass(frozen=True)
class LeftLock:
    """Terraform's lock, and the run that left it behind."""

    stack: str
    id: str
    lock: str
    run: str
    reason: str


@operation("GET", "/moved-states/{stack}", Role.OWNER, at_daemon=AfterCrash.REPEAT)
def show_moved_state(caller: Caller, stack: str) -> MovedState:
    """Where the newest revision would keep the state of a stack; refused unless it moved."""
    identity = acceptance.proposed_state(caller.app.control, caller.app.discoverer, stack)
    return MovedState(stack, str(identity), identity.digest)


@operation("POST", "/moved-states/{stack}", Role.OWNER, at_daemon=AfterCrash.LOSE)
def accept_state(caller: Caller, stack: str, *, digest: str, reason: str) -> None:
    """Confirm that the state of a stack was moved to the place with this digest. Nothing is moved by this."""
    app = caller.app
    identity = acceptance.proposed_state(app.control, app.discoverer, stack)
    if identity.digest != digest:
        raise Conflict(
            f"{stack} would store its state in {identity} now", hint=f"driftline stack accept-state {stack}"
        )
    acceptance.accept_state(app.control, app.workspaces, stack, identity, caller.person, reason)


@operation("GET", "/state-locks/{stack}", Role.OWNER, at_daemon=AfterCrash.REPEAT)
def show_left_lock(caller: Caller, stack: str) -> LeftLock:
    """Terraform's lock on the state of a stack, if a dead run left it; refused if it is anyone else's."""
    app = caller.app
    offered = unlock.offer(app.control, app.worker.ask, stack)
    run, lock = offered.run, offered.lock
    return LeftLock(stack, lock.id, str(lock), run.name, run.reason)


@operation("DELETE", "/state-locks/{stack}", Role.OWNER, at_daemon=AfterCrash.LOSE)
def force_unlock(caller: Caller, stack: str, *, lock: str, reason: str) -> None:
    """Remove the lock with this id, if a dead run left it. Never removes anyone else's lock."""
    app = caller.app
    unlock.free(app.control, app.worker.ask, stack, lock, caller.person, reason)
