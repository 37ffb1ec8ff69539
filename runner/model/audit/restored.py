"""A database that was put back: what it no longer knows of, and what is to be done about it. Pure.

Checkpoints tell how far the audit log had come, receipts which plans were handed to an apply. Neither is in the
database, so that both outlive it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from runner.model.audit.checkpoint import Checkpoint
from runner.model.audit.receipt import Receipt
from runner.model.run.life import Run, State
from runner.model.stack.lock import Lock

HOLDER = "restore"
TOLD_FOR = timedelta(weeks=2)  # how long status and doctor show it


@dataclass(frozen=True)
class Loss:
    """Entries that were seen once and are gone. `replaced`: others are in their place."""

    newest: Checkpoint
    kept: int
    replaced: bool

    @property
    def lost(self) -> int:
        return self.newest.seq - self.kept


@dataclass(frozen=True)
class Facts:
    """What one look at the database, and at what lies beside it, has shown."""

    now: datetime
    head: int  # number of the newest audit entry
    head_at: datetime | None = None  # when that was written
    standing: tuple[Checkpoint, ...] = ()  # oldest first
    hashes: Mapping[int, str] = field(
        default_factory=dict
    )  # of the entries that `standing` names, as they are
    recorded: Mapping[str, Loss] = field(default_factory=dict)  # by anchor: what an earlier start recorded
    strangers: tuple[Receipt, ...] = ()  # of applies of which the database does not know
    stacks: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    open_runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """What is to be done, all of it in one transaction but the checkpoint that says that it was."""

    loss: Loss | None
    is_recorded: bool = False
    strangers: tuple[Receipt, ...] = ()
    locks: tuple[Lock, ...] = ()
    outdated: tuple[Run, ...] = ()  # what waited when the backup was made, and may have been answered since

    @property
    def is_complete(self) -> bool:
        """Whether the database has all of it already, and only the checkpoint is missing."""
        return self.is_recorded and not self.strangers


def remedy(facts: Facts) -> Remedy | None:
    """None where the database is as new as everything beside it."""
    loss = _loss(facts)
    if loss is None and not facts.strangers:
        return None
    known = facts.recorded.get(loss.newest.anchor) if loss else None
    return Remedy(
        loss=known or loss,
        is_recorded=known is not None,
        strangers=facts.strangers,
        locks=_locks(facts),
        # How an apply that was going on has ended is found out by recovery, from what it left on disk.
        outdated=tuple(run for run in facts.open_runs if run.state is not State.APPLYING),
    )


def _loss(facts: Facts) -> Loss | None:
    if not facts.standing or _sound(facts, facts.standing[-1]):
        return None
    sound = [point.seq for point in facts.standing if _sound(facts, point)]
    replaced = any(point.seq <= facts.head and not _sound(facts, point) for point in facts.standing)
    # What was written after the last look is none of what was seen then, also where no checkpoint lies between.
    replaced = replaced or (facts.head_at is not None and facts.head_at > facts.standing[-1].at)
    # Where the log only ends earlier, every entry that it has is one that was there before.
    return Loss(facts.standing[-1], max(sound, default=0) if replaced else facts.head, replaced)


def _sound(facts: Facts, point: Checkpoint) -> bool:
    return facts.hashes.get(point.seq) == point.head


def _locks(facts: Facts) -> tuple[Lock, ...]:
    """One for each stack, with its newest apply as the reason; nobody's lock is taken from them."""
    free = facts.stacks - facts.held
    newest = {
        receipt.stack: receipt
        for receipt in sorted(facts.strangers, key=lambda receipt: receipt.run)
        if receipt.stack in free
    }
    # A lock goes together with a run that is being applied only where it names it.
    applying = {run.stack: run.id for run in facts.open_runs if run.state is State.APPLYING}
    return tuple(
        Lock(stack, HOLDER, _reason(stack, receipt), facts.now, run=applying.get(stack))
        for stack, receipt in newest.items()
        if stack is not None
    )


def _reason(stack: str, receipt: Receipt) -> str:
    return (
        f"the database was restored to a state from before {receipt.name} was applied; look at it, then"
        f"   driftline lock release {stack}"
    )


def detail(found: Remedy) -> dict[str, Any]:
    """What the audit log says about it."""
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


def sentence(told: Mapping[str, Any]) -> str:
    """The same for people."""
    what = "an older database was put in place"
    if told["lost"] is not None:
        gone = "are others than before" if told["replaced"] else "are lost"
        what += f": audit entries {told['to'] + 1} to {told['from']} {gone}"
    if told["applied_since"]:
        what += f"; it does not know that {', '.join(told['applied_since'])} was applied"
    if told["locked"]:
        what += f"; locked: {', '.join(told['locked'])}"
    return what
