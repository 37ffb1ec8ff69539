"""Detect that an older database was restored, record what is lost, and let nothing be applied twice.

Any process may run it at any start, and may be killed at any line: all changes to the database are one
transaction, and the next start makes up for a missing checkpoint.
"""

from collections.abc import Sequence

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.audit.checkpoint import Checkpoint
from runner.model.audit.log import DATABASE, AuditEntry
from runner.model.audit.receipt import Receipt
from runner.model.audit.restored import Facts, Loss, Remedy, detail, remedy
from runner.model.run.life import Event
from runner.ports.control import ControlPorts
from runner.ports.records.audit import AuditReader
from runner.ports.records.store import Reader, Writer
from runner.service.integrity.checkpoint import log_checkpoint
from runner.service.outcome.plan import replan

RESTORED = "database.restored"
STRANGER = "run.lost"
_STARTS = frozenset({f"run.{Event.START_APPLY}", STRANGER})

MAYBE_ANSWERED = "the database was restored, and this may have been approved or rejected since the backup"

MAYBE_EXECUTING = (
    "the database was restored, and its workers may still execute what they began since the backup"
)


def find_restored(control: ControlPorts) -> Remedy | None:
    """What needs repair; changes nothing. None if the database is as new as the files beside it."""
    receipts = control.receipts.executed()
    standing = _standing(control)
    with control.store.reading() as reader:
        return remedy(_facts(control, reader, standing, receipts))


def put_right_restored(control: ControlPorts) -> Remedy | None:
    """Must run before recovery, which would overwrite what is examined here."""
    found = find_restored(control)
    if found is None:
        return None
    if not found.is_complete:
        receipts, standing = control.receipts.executed(), _standing(control)
        with control.store.writing() as writer:
            # Examined again: another process may have been faster.
            found = remedy(_facts(control, writer, standing, receipts))
            if found is not None and not found.is_complete:
                _record(control, writer, found)
            failpoint.reach("restored.before_commit")
        failpoint.reach("restored.after_commit")
    if found is not None and found.loss is not None:
        _mark(control, found.loss)
    return found


def last_restore(reader: AuditReader) -> AuditEntry | None:
    """The audit entry of the newest one."""
    return next((entry for entry in reader.audit(subject=DATABASE) if entry.action == RESTORED), None)


def _standing(control: ControlPorts) -> tuple[Checkpoint, ...]:
    """All of them only if the newest does not match: the file may be long."""
    newest = control.checkpoints.newest()
    if newest is None:
        return ()
    with control.store.reading() as reader:
        if reader.audit_hash(newest.seq) == newest.head:
            return (newest,)
    chain = control.checkpoints.read()
    return chain.standing if chain else ()


def _facts(
    control: ControlPorts, reader: Reader, standing: Sequence[Checkpoint], receipts: Sequence[Receipt]
) -> Facts:
    newest = next(iter(reader.audit(limit=1)), None)
    hashes = {point.seq: reader.audit_hash(point.seq) for point in standing}
    return Facts(
        now=control.clock.now(),
        head=newest.seq if newest else 0,
        head_at=newest.at if newest else None,
        standing=tuple(standing),
        hashes={seq: digest for seq, digest in hashes.items() if digest is not None},
        recorded=_recorded(reader, standing),
        strangers=tuple(receipt for receipt in receipts if not _known(reader, receipt)),
        stacks=frozenset(stack.name for stack in reader.stacks()),
        held=frozenset(lock.stack for lock in reader.placed_locks()),
        open_runs=tuple(reader.open_runs()),
    )


def _recorded(reader: AuditReader, standing: Sequence[Checkpoint]) -> dict[str, Loss]:
    by_anchor = {point.anchor: point for point in standing}
    return {
        anchor: Loss(by_anchor[anchor], entry.detail["to"], entry.detail["replaced"])
        for entry in reader.audit(subject=DATABASE)
        if entry.action == RESTORED and (anchor := entry.detail["checkpoint"]) in by_anchor
    }


def _known(reader: AuditReader, receipt: Receipt) -> bool:
    """Whether the audit log knows that this plan was handed to an apply, or that it was pruned.

    Retention removes runs and leaves the log; someone who truncates the log may leave the runs.
    """
    return any(reader.audit_knows(action, receipt.name, receipt.digest) for action in _STARTS)


def _record(control: ControlPorts, writer: Writer, found: Remedy) -> None:
    """Record the loss, reuse no number, lock what may have changed, ask again about runs that waited."""
    writer.skip_numbers(
        run=control.receipts.highest_run(),
        report=control.receipts.highest_report(),
        # Not every run leaves a file, but each leaves an entry.
        more=found.loss.lost if found.loss else 0,
    )
    if not found.is_recorded:
        writer.audit_note(DAEMON, RESTORED, DATABASE, detail(found))
        drain_pools(control, writer, by=DAEMON)
    for receipt in found.strangers:
        writer.audit_note(DAEMON, STRANGER, receipt.name, {"stack": receipt.stack, "digest": receipt.digest})
    for run in found.outdated:
        if run.kind.only_reads:
            writer.transition(run, Event.SUPERSEDE, by=DAEMON, reason="the database was restored")
        else:
            replan(writer, run, MAYBE_ANSWERED, control.clock.now())
    for lock in found.locks:
        writer.place_lock(lock, by=DAEMON)
        writer.mark_planned(lock.stack, "")


def drain_pools(control: ControlPorts, writer: Writer, *, by: str) -> None:
    """A worker may still be applying what only the lost records knew, and would not be asked before the same stack is applied elsewhere."""
    drained = {one.pool for one in writer.drained_pools()}
    for pool in control.settings.pools:
        if pool.name not in drained:
            writer.drain_pool(pool.name, by=by, reason=MAYBE_EXECUTING)


def _mark(control: ControlPorts, loss: Loss) -> None:
    """From here on the checkpoints continue from the restored log."""
    with control.store.reading() as reader:
        seq, head = reader.audit_head()
    mark = Checkpoint(seq, head, control.clock.now(), kept=loss.kept, replaced=loss.replaced)
    if control.checkpoints.append(mark, after=loss.newest):
        log_checkpoint(mark)
