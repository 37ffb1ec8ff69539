"""A restored database: what it no longer knows, and what to do about it. Pure.

Checkpoints record how far the audit log had come, receipts which plans were handed to an apply. Both are kept
outside the database, so they outlive it.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from runner.model.audit.checkpoint import Checkpoint
from runner.model.audit.receipt import Receipt
from runner.model.run.life import Run, State
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass

HOLDER = "restore"
SHOWN_FOR = timedelta(weeks=2)  # how long status and doctor show it


@dataclass(frozen=True)
class Loss:
    """Entries that were seen and are gone. `replaced`: others are in their place."""

    newest: Checkpoint
    kept: int
    replaced: bool

    @property
    def lost(self) -> int:
        return self.newest.seq - self.kept


@dataclass(frozen=True)
class Facts:
    """What was read from the database and from the files beside it."""

    now: datetime
    head: int  # number of the newest audit entry
    head_at: datetime | None = None  # when that was written
    standing: tuple[Checkpoint, ...] = ()  # oldest first
    hashes: Mapping[int, str] = field(
        default_factory=dict
    )  # of the entries that `standing` names, as they are now
    recorded: Mapping[str, Loss] = field(
        default_factory=dict
    )  # by anchor: losses that an earlier start recorded
    strangers: tuple[Receipt, ...] = ()  # applies that the database does not know
    stacks: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    open_runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """Everything to do, in one transaction, except the checkpoint that records it."""

    loss: Loss | None
    is_recorded: bool = False
    strangers: tuple[Receipt, ...] = ()
    locks: tuple[Lock, ...] = ()
    outdated: tuple[
        Run, ...
    ] = ()  # runs that waited when the backup was made, and may have been answered since

    @property
    def is_complete(self) -> bool:
        """Whether the database has all of it already, and only the checkpoint is missing."""
        return self.is_recorded and not self.strangers


def remedy(facts: Facts) -> Remedy | None:
    """None if the database is as new as the files beside it."""
    loss = _loss(facts)
    if loss is None and not facts.strangers:
        return None
    known = facts.recorded.get(loss.newest.anchor) if loss else None
    return Remedy(
        loss=known or loss,
        is_recorded=known is not None,
        strangers=facts.strangers,
        locks=_locks(facts),
        # How a running apply ended is for recovery to find out, from what it left on disk.
        outdated=tuple(run for run in facts.open_runs if run.state is not State.APPLYING),
    )


def _loss(facts: Facts) -> Loss | None:
    if not facts.standing or _sound(facts, facts.standing[-1]):
        return None
    sound = [point.seq for point in facts.standing if _sound(facts, point)]
    replaced = any(point.seq <= facts.head and not _sound(facts, point) for point in facts.standing)
    # An entry newer than the last checkpoint is not one of those seen then, even with no checkpoint in between.
    replaced = replaced or (facts.head_at is not None and facts.head_at > facts.standing[-1].at)
    # If the log is only shorter, all its entries were there before.
    return Loss(facts.standing[-1], max(sound, default=0) if replaced else facts.head, replaced)


def _sound(facts: Facts, point: Checkpoint) -> bool:
    return facts.hashes.get(point.seq) == point.head


def _locks(facts: Facts) -> tuple[Lock, ...]:
    """One lock per stack, with its newest apply as the reason; existing locks stay with their holders."""
    free = facts.stacks - facts.held
    newest = {
        receipt.stack: receipt
        for receipt in sorted(facts.strangers, key=lambda receipt: receipt.run)
        if receipt.stack in free
    }
    # A lock on a stack whose run is being applied must name that run.
    applying = {run.stack: run.id for run in facts.open_runs if run.state is State.APPLYING}
    return tuple(
        Lock(stack, HOLDER, _reason(stack, receipt), facts.now, run=applying.get(stack))
        for stack, receipt in newest.items()
        if stack is not None
    )


def _reason(stack: str, receipt: Receipt) -> str:
    return (
        f"the database was restored to a point before {receipt.name} was applied; review the stack, then"
        f"   driftline lock release {stack}"
    )


def detail(found: Remedy) -> dict[str, Any]:
    """The audit entry about it."""
    loss = found.loss
    return {
        "from": loss.newest.seq if loss else None,
        "to": loss.kept if loss else None,
        "lost": loss.lost if loss else None,
        "replaced": loss is not None and loss.replaced,
        "checkpoint": loss.newest.anchor if loss else None,
        "applied_since": [receipt.name for receipt in found.strangers],
        "locked": [lock.stack for lock in found.locks],
    }


def sentence(detail: Mapping[str, Any]) -> str:
    """The same as a sentence."""
    what = "the database was replaced by an older one"
    if detail["lost"] is not None:
        gone = "are different now" if detail["replaced"] else "are lost"
        what += f": audit entries {detail['to'] + 1} to {detail['from']} {gone}"
    if detail["applied_since"]:
        what += f"; it does not record that {', '.join(detail['applied_since'])} was applied"
    if detail["locked"]:
        what += f"; locked: {', '.join(detail['locked'])}"
    return what
