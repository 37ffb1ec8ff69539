"""Locks of stacks."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.service.operator import lock
from runner.view.lock import LockRow, LockRows, lock_row, lock_rows


@operation("GET", "/locks", Role.VIEWER)
def list_locks(caller: Caller) -> LockRows:
    """Locks with holder and reason, and runs that wait for a locked state."""
    with caller.reading() as reader:
        return lock_rows(reader, caller.app.clock.now())


@operation("PUT", "/locks/{stack}", Role.OWNER)
def take_lock(caller: Caller, stack: str, *, reason: str) -> LockRow:
    """Lock a stack so that no one can plan or apply it. Drift checks continue."""
    return lock_row(lock.take(caller.app.control, stack, caller.person, reason))


@operation("DELETE", "/locks/{stack}", Role.OWNER)
def release_lock(caller: Caller, stack: str, *, reason: str) -> LockRow:
    """Release the lock of a stack, whoever holds it; the lock that was."""
    return lock_row(lock.release(caller.app.control, stack, caller.person, reason))
