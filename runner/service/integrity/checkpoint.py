"""Record outside the database where the audit log stands."""

from datetime import date, timedelta

from runner.errors import DatabaseRolledBack, DriftlineError
from runner.host.log import log
from runner.model.audit.actor import DAEMON
from runner.model.audit.checkpoint import Checkpoint, missing
from runner.model.audit.log import CHECKPOINTS, GENESIS, AuditEntry
from runner.model.run.life import Event
from runner.ports.control import ControlPorts
from runner.ports.records.audit import AuditReader

MISSING = "checkpoints.missing"
_REPEATED = timedelta(days=1)  # while none can be written, each attempt finds it missing


def checkpoint(control: ControlPorts) -> Checkpoint | None:
    """A checkpoint if something was written since the last one; otherwise None.

    DatabaseRolledBack if the log lacks entries that were seen before: then nothing is overwritten.
    """
    newest = control.checkpoints.newest()
    if newest is None:
        _record_missing(control)
    with control.store.reading() as reader:
        seq, head = reader.audit_head()
        if newest is not None and reader.audit_hash(newest.seq) != newest.head:
            raise DatabaseRolledBack(seq=newest.seq, place=control.checkpoints.place)
    if head == GENESIS or (newest is not None and newest.head == head):
        return None
    written = Checkpoint(seq, head, control.clock.now())
    if not control.checkpoints.append(written, after=newest):
        return None  # another process was faster
    log_checkpoint(written, after=newest)
    return written


def was_used(control: ControlPorts, reader: AuditReader) -> bool:
    """Whether anything was ever applied here: a checkpoint is written before each apply."""
    return bool(control.receipts.executed()) or reader.audit_knows(f"run.{Event.START_APPLY}")


def last_missing(reader: AuditReader) -> AuditEntry | None:
    """The audit entry of the last time that the checkpoints were missing."""
    return next(iter(reader.audit(subject=CHECKPOINTS, limit=1)), None)


def _record_missing(control: ControlPorts) -> None:
    """A new file would hide that one is gone: without it, a truncated log looks complete."""
    chain = control.checkpoints.read()
    if chain is not None and not chain.blank:
        return
    with control.store.writing() as writer:
        last, now = last_missing(writer), control.clock.now()
        if was_used(control, writer) and (last is None or abs(now - last.at) > _REPEATED):
            detail = missing(control.checkpoints.place, writer.audit_head()[0])
            writer.audit_note(DAEMON, MISSING, CHECKPOINTS, detail)


def try_checkpoint(control: ControlPorts) -> None:
    """For callers that must not fail with it: a problem is logged, and the next one tries again."""
    try:
        checkpoint(control)
    except DriftlineError as error:
        log.error(  # noqa: TRY400 - an expected problem, not a bug
            "audit.checkpoint_failed", problem=error.message, hint=error.hint
        )


def log_checkpoint(written: Checkpoint, *, after: Checkpoint | None = None) -> None:
    """Write it to the log, which the journal keeps: a copy that does not depend on our files.

    One an hour is enough to prove a truncation, and does not drown the rest of the log.
    """
    restored = {} if written.kept is None else {"kept": written.kept, "replaced": written.replaced}
    first = after is None or restored or _hour(written) != _hour(after)
    (log.info if first else log.debug)("audit.checkpoint", AUDIT_HEAD=written.anchor, **restored)


def _hour(written: Checkpoint) -> tuple[date, int]:
    return written.at.date(), written.at.hour
