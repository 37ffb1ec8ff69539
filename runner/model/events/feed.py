"""The feed: what happened, as typed events in one order. Each consumer keeps its position and misses none."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from runner.model.preview.pull_request import PullState
from runner.model.run.life import Kind, State
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class RunMoved:
    """A run changed its state."""

    run: int
    stack: str
    kind: Kind
    state: State
    event: str
    by: str
    revision: str
    reason: str = ""


@dataclass(frozen=True)
class ReportMoved:
    """A drift report began, changed, or was answered."""

    report: int
    stack: str
    status: str
    revision: str
    fingerprint: str
    confirmed: bool
    counted: int  # findings that count as drift
    by: str
    reason: str = ""


@dataclass(frozen=True)
class ReportExplained:
    """Who may have caused a drift was found out; `reason` says it."""

    report: int
    stack: str
    fingerprint: str
    reason: str


@dataclass(frozen=True)
class PlanApproved:
    """A person approved a plan, which may need further approvals, or took back the reviews of a preview."""

    run: int
    stack: str
    person: str
    comment: str = ""


@dataclass(frozen=True)
class GlassBroken:
    """An owner had a run applied although its windows were closed."""

    run: int
    stack: str
    by: str
    revision: str
    closed: str  # which windows, and until when
    reason: str


@dataclass(frozen=True)
class StagePromoted:
    """A person plans a stage of a promotion early; `skipped` says what it waited for."""

    stack: str
    promotion: str
    by: str
    revision: str
    skipped: str
    reason: str


@dataclass(frozen=True)
class StackLeft:
    """No stack file in Git declares the stack."""

    stack: str


@dataclass(frozen=True)
class StackRenamed:
    """Everything known under the old name, including the state, moved to the new name."""

    stack: str
    was: str
    by: str


@dataclass(frozen=True)
class StackEnded:
    """The stack has ended: it was forgotten, destroyed or renamed."""

    stack: str
    by: str
    reason: str


@dataclass(frozen=True)
class CheckMoved:
    """A `check` block of the code began to fail, or passes again."""

    stack: str
    check: str
    reason: str  # its message, masked


@dataclass(frozen=True)
class StackPaused:
    stack: str
    by: str
    reason: str
    until: str | None = None  # RFC 3339


@dataclass(frozen=True)
class StackResumed:
    stack: str
    by: str


@dataclass(frozen=True)
class LockMoved:
    """A person's or a rule's lock on a stack was taken or released."""

    stack: str
    by: str
    holder: str
    reason: str


@dataclass(frozen=True)
class StateImported:
    """A person put a managed state in place, with this many resources."""

    stack: str
    by: str
    resources: int
    serial: int


@dataclass(frozen=True)
class StateReplaced:
    """A person pushed a managed state, or rolled it back, which made this version."""

    stack: str
    by: str
    version: int
    serial: int


@dataclass(frozen=True)
class BackupBegun:
    """A person began a backup of the whole installation."""

    by: str
    file: str


@dataclass(frozen=True)
class BackupRestored:
    """The installation was restored from a backup; each stack that needs a review got a lock."""

    by: str
    made: str  # when the backup was made
    locked: int  # how many stacks


@dataclass(frozen=True)
class ProviderDistrusted:
    """A warm provider disagreed with a plain plan, and is no longer probed."""

    provider: str
    checksum: str
    stack: str
    reason: str


@dataclass(frozen=True)
class PullMoved:
    """A pull request was opened, changed what it does, or ended."""

    source: str
    number: int
    state: PullState
    head: str
    stacks: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class AccountThrottled:
    account: str
    at_most: int
    until: str  # RFC 3339
    reason: str


Payload = (
    RunMoved
    | ReportMoved
    | ReportExplained
    | PlanApproved
    | GlassBroken
    | StagePromoted
    | StackLeft
    | StackRenamed
    | StackEnded
    | CheckMoved
    | StackPaused
    | StackResumed
    | LockMoved
    | StateImported
    | StateReplaced
    | BackupBegun
    | BackupRestored
    | ProviderDistrusted
    | PullMoved
    | AccountThrottled
)

TOPICS: Mapping[str, type[Payload]] = {
    **{f"run.{state}": RunMoved for state in State},
    **{
        f"drift.{moved}": ReportMoved
        for moved in ("open", "confirm", "change", "acknowledge", "reopen", "resolve", "contest")
    },
    "drift.explain": ReportExplained,
    "approval.give": PlanApproved,
    "approval.withdraw": PlanApproved,
    "apply.break_glass": GlassBroken,
    "promotion.advance": StagePromoted,
    "promotion.straight": StagePromoted,
    "stack.missing": StackLeft,
    "stack.rename": StackRenamed,
    "stack.leave": StackEnded,
    "check.fail": CheckMoved,
    "check.pass": CheckMoved,
    "stack.pause": StackPaused,
    "stack.resume": StackResumed,
    "lock.take": LockMoved,
    "lock.release": LockMoved,
    "state.import": StateImported,
    "state.push": StateReplaced,
    "state.rollback": StateReplaced,
    "backup.make": BackupBegun,
    "backup.restore": BackupRestored,
    "probe.distrust": ProviderDistrusted,
    "account.throttled": AccountThrottled,
    **{f"pull.{moved}": PullMoved for moved in ("open", "change", "merged", "closed")},
}


@dataclass(frozen=True)
class FeedEvent:
    id: int
    at: datetime
    topic: str
    subject: str
    payload: Payload

    @property
    def key(self) -> str:
        """The same at every delivery, so a consumer can recognize repetitions."""
        return f"event-{self.id}"


@dataclass(frozen=True)
class Cursor:
    """A consumer's position, and the failures of its next event so far.

    `sent` are the times of its last messages, as far as they count for its rate; `messages` and `failures` count
    all of them.
    """

    consumer: str
    position: int
    tries: int = 0
    next_try: datetime | None = None
    problem: str = ""
    sent: tuple[datetime, ...] = ()
    messages: int = 0
    failures: int = 0
    last_sent: datetime | None = None
    failing_since: datetime | None = None

    def moved(self, position: int) -> "Cursor":
        """Behind events that it does not take."""
        return replace(self, position=max(position, self.position))

    def after(self, position: int, **changed: Any) -> "Cursor":
        """Behind what was taken, or has become a dead letter."""
        return replace(
            self, position=position, tries=0, next_try=None, problem="", failing_since=None, **changed
        )


@dataclass(frozen=True)
class DeadLetter:
    """An event that a consumer could not process; kept until a person retries or drops it."""

    consumer: str
    event: FeedEvent
    problem: str
    since: datetime


MAX_TRIES = 10
FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(hours=1)


def waits(cursor: Cursor, now: datetime) -> bool:
    """A time beyond any retry was set by a clock that has gone back since: it is ignored."""
    return cursor.next_try is not None and now < cursor.next_try <= now + LAST_RETRY


def failed(cursor: Cursor, problem: str, now: datetime, jitter: float) -> Cursor | None:
    """When the event is tried again: delays double, up to an hour; None after the last attempt.

    `jitter`, from 0 to 1, removes up to half of the delay, so that consumers that failed together do not
    retry together.
    """
    tries = cursor.tries + 1
    if tries >= MAX_TRIES:
        return None
    wait = min(FIRST_RETRY * 2 ** (tries - 1), LAST_RETRY) * (1 - jitter / 2)
    return replace(
        cursor,
        tries=tries,
        next_try=now + wait,
        problem=problem,
        failures=cursor.failures + 1,
        failing_since=cursor.failing_since or now,
    )
