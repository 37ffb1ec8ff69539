"""The audit log: who did what, and whether anybody edited it."""

from datetime import datetime
from itertools import islice

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.app import App
from runner.errors import BadUsage
from runner.model.access.role import Role
from runner.model.audit.restored import SHOWN_FOR
from runner.model.audit.verdict import Beside, judge, wanted
from runner.model.values.number import number_of
from runner.ports.keeping import Checkpoints
from runner.view.audit import AuditRows, VerdictPage, audit_rows, verdict_page

Anchor = tuple[int, str]
HASH = 64  # characters
MOST_EXPORTED = 5000  # entries of one answer: all of it is in memory at once


@operation("GET", "/audit", Role.VIEWER)
def list_audit(
    caller: Caller,
    *,
    subject: str | None = None,
    stack: str | None = None,
    by: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    before: int | None = None,
) -> AuditRows:
    """Who did what, newest first. Entries about a stack include those about its runs and reports."""
    with caller.reading() as reader:
        if stack is None and any(subject == known.name for known in reader.stacks()):
            subject, stack = None, subject
        entries = reader.audit(
            subject=subject, stack=stack, actor=by, since=since, until=until, limit=limit, below=before
        )
    return audit_rows(entries)


@operation("GET", "/audit/verification", Role.ADMIN)
def verify_audit(caller: Caller, *, anchor: str | None = None) -> VerdictPage:
    """Whether no entry was edited and, by the checkpoints, the log was not truncated.

    `anchor` is the number and hash of an entry, `NUMBER:HASH`, from an earlier verification.
    """
    return verified(caller.app, caller.app.checkpoints, parsed_anchor(anchor) if anchor else None)


def parsed_anchor(text: str) -> Anchor:
    told, _, digest = text.partition(":")
    seq = number_of(told)
    if seq is None or len(digest) != HASH:
        raise BadUsage(f"expected NUMBER:HASH as `driftline audit verify` prints it, got {text!r}")
    return seq, digest


def verified(app: App, kept: Checkpoints, anchor: Anchor | None, *, elsewhere: bool = False) -> VerdictPage:
    """`elsewhere`: a copy of the checkpoints that was kept elsewhere proves more than what became of the file here."""
    chain = kept.read()  # before the log, which only becomes longer
    walk = app.store.walk_audit(wanted(chain, anchor))
    beside, used = (None, True) if elsewhere else _looked_beside(app)
    verdict = judge(walk, chain, anchor, place=kept.place, was_used=used, beside=beside)
    return verdict_page(walk, chain, verdict, kept.place)


def _looked_beside(app: App) -> tuple[Beside, bool]:
    """What else shows a cut-off end, recent records only; and whether anything was ever applied here."""
    from runner.service.cycle.restored import find_restored, last_restore
    from runner.service.integrity.checkpoint import last_missing, was_used

    control, now = app.control, app.clock.now()
    older = find_restored(control)
    with app.store.reading() as reader:
        restored, missing = (
            entry if entry is not None and now - entry.at < SHOWN_FOR else None
            for entry in (last_restore(reader), last_missing(reader))
        )
        used = was_used(control, reader)
    strangers = tuple(one.name for one in older.strangers) if older is not None else ()
    return Beside(strangers, restored, missing), used


@operation("GET", "/audit/export", Role.ADMIN)
def export_audit(
    caller: Caller,
    *,
    after: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = MOST_EXPORTED,
) -> AuditRows:
    """The log oldest first, behind an entry: repeat it with the last `seq` until a page is empty."""
    if limit > MOST_EXPORTED:
        raise BadUsage(f"at most {MOST_EXPORTED} entries at once", hint="go on with the last seq as after")
    found = (
        entry
        for entry in caller.app.store.export_audit(after)
        # One by one: clocks are set back, so that times are in no order.
        if (since is None or entry.at >= since) and (until is None or entry.at <= until)
    )
    return audit_rows(islice(found, limit))
