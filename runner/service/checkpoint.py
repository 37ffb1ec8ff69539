"""Write down where the audit log stands, outside the database."""

from runner.errors import DatabaseRolledBack, DriftlineError
from runner.model.audit import GENESIS
from runner.model.checkpoint import Checkpoint
from runner.ports import ControlPorts


def checkpoint(control: ControlPorts) -> Checkpoint | None:
    """Where something was written since the last one; None where nothing was.

    DatabaseRolledBack where the log does not have what was seen before: then nothing is written over that.
    """
    newest = control.checkpoints.newest()
    with control.store.reading() as reader:
        seq, head = reader.audit_head()
        if newest is not None and reader.audit_hash(newest.seq) != newest.head:
            raise DatabaseRolledBack(seq=newest.seq, place=control.checkpoints.place)
    if head == GENESIS or (newest is not None and newest.head == head):
        return None
    written = Checkpoint(seq, head, control.clock.now())
    if not control.checkpoints.append(written, after=newest):
        return None  # another process was faster
    tell(written)
    return written


def checkpoint_or_tell(control: ControlPorts) -> None:
    """The same where what goes on must not end with it: a problem goes to the log, and the next one tries again."""
    import structlog

    try:
        checkpoint(control)
    except DriftlineError as error:
        structlog.get_logger().error("audit.checkpoint_failed", problem=error.message, hint=error.hint)


def tell(written: Checkpoint) -> None:
    """In the log, which the journal keeps: a copy that needs no file of ours."""
    import structlog

    restored = {} if written.kept is None else {"kept": written.kept, "replaced": written.replaced}
    structlog.get_logger().info("audit.checkpoint", AUDIT_HEAD=written.anchor, **restored)
