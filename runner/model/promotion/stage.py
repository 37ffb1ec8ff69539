"""What is known of one stage of a promotion, and which revision another one waits for."""

from datetime import datetime
from typing import Self

from runner.model.run.life import State
from runner.model.stack.definition import Stack, Sync
from runner.model.stack.lock import Lock
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Applied:
    """The last complete apply. `empty` if its plan found nothing to change, so that it was also a check."""

    run: str
    at: datetime
    empty: bool = False
    head: int | None = (
        None  # the number of its revision among the heads of its source; None for any other revision
    )


@dataclass(frozen=True)
class Check:
    """A drift check of what is applied that came to a result, made after the apply."""

    run: str
    state: State
    reason: str = ""


@dataclass(frozen=True)
class StageRecord:
    """What the records say. Heads are numbered in the order in which they were accepted."""

    moved: int | None = None  # the number of the head that last changed its inputs
    applied: Applied | None = None
    check: Check | None = None  # the newest one
    partly: str | None = None  # a later run that left parts of another revision
    left: str | None = None  # how it left for good


@dataclass(frozen=True)
class Stage:
    """`record` is None where no stack was ever called so, `stack` where it is no longer one."""

    name: str
    record: StageRecord | None = None
    stack: Stack | None = None
    lock: Lock | None = None
    paused: str = ""  # by whom and why
    doing: str = ""  # what is decided about its changes


@dataclass(frozen=True)
class Wanted:
    """What a stage is to get: the revision that the `moved`th head brought.

    `within` are the revisions that contain it; only known for one that a person named, which may be no head.
    """

    revision: str
    moved: int | None
    within: frozenset[str] | None = None

    @classmethod
    def newest(cls, stack: Stack, record: StageRecord) -> Self:
        """What is in Git now."""
        return cls(stack.revision, record.moved)

    def applied_by(self, stage: Stage) -> bool:
        """Whether the stage has applied it, or a descendant."""
        stack, applied = stage.stack, stage.record.applied if stage.record else None
        if self.within is not None:
            return stack is not None and stack.applied_revision in self.within
        return (
            applied is not None
            and applied.head is not None
            and self.moved is not None
            and applied.head >= self.moved
        )

    def in_effect_in(self, stage: Stage) -> bool:
        """Whether the stage is as this revision or a descendant declares it: it applied that, or needs no apply for it."""
        synced = stage.stack is not None and stage.stack.sync is Sync.SYNCED
        # A stage in sync is at the head, which contains every other revision of the branch.
        return synced or self.applied_by(stage)
