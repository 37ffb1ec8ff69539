"""The feed: what happened, as typed events in one order. Each consumer keeps its place in it and misses none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runner.model.run.life import Kind, State


@dataclass(frozen=True)
class RunMoved:
    """A run is in another state."""

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
class PlanApproved:
    """A person said yes to a plan. It may need more than one."""

    run: int
    stack: str
    person: str
    comment: str = ""


@dataclass(frozen=True)
class StackLeft:
    """No stack file in Git declares the stack any more."""

    stack: str


@dataclass(frozen=True)
class StackRenamed:
    """What was known of another name, its state included, is known of this one."""

    stack: str
    was: str
    by: str


@dataclass(frozen=True)
class StackEnded:
    """Nothing is asked of the stack any more: it was forgotten, destroyed or renamed."""

    stack: str
    by: str
    reason: str


@dataclass(frozen=True)
class CheckMoved:
    """A `check` block of the code fails, or does so no longer."""

    stack: str
    check: str
    reason: str  # what it says, masked


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
class ProviderDistrusted:
    """A warm provider answered otherwise than a plain plan, and is not asked any more."""

    provider: str
    checksum: str
    stack: str
    reason: str


@dataclass(frozen=True)
class AccountThrottled:
    account: str
    at_most: int
    until: str  # RFC 3339
    reason: str


Payload = (
    RunMoved
    | ReportMoved
    | PlanApproved
    | StackLeft
    | StackRenamed
    | StackEnded
    | CheckMoved
    | StackPaused
    | StackResumed
    | LockMoved
    | ProviderDistrusted
    | AccountThrottled
)

TOPICS: Mapping[str, type[Payload]] = {
    **{f"run.{state}": RunMoved for state in State},
    **{
        f"drift.{moved}": ReportMoved
        for moved in ("open", "confirm", "change", "acknowledge", "reopen", "resolve")
    },
    "approval.give": PlanApproved,
    "stack.missing": StackLeft,
    "stack.rename": StackRenamed,
    "stack.leave": StackEnded,
    "check.fail": CheckMoved,
    "check.pass": CheckMoved,
    "stack.pause": StackPaused,
    "stack.resume": StackResumed,
    "lock.take": LockMoved,
    "lock.release": LockMoved,
    "probe.distrust": ProviderDistrusted,
    "account.throttled": AccountThrottled,
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
        """The same at every delivery: whoever has seen it has seen this event."""
        return f"event-{self.id}"


@dataclass(frozen=True)
class Cursor:
    """How far a consumer has come, and how its next event has failed so far."""

    consumer: str
    position: int
    tries: int = 0
    next_try: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class DeadLetter:
    """An event that a consumer could not take; kept until a person has it tried again or dropped."""

    consumer: str
    event: FeedEvent
    problem: str
    since: datetime


MOST_TRIES = 10
FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(hours=1)


def waits(cursor: Cursor, now: datetime) -> bool:
    """A time further away than any retry was set by a clock that has been put back: it does not count."""
    return cursor.next_try is not None and now < cursor.next_try <= now + LAST_RETRY


def passed(cursor: Cursor, position: int) -> Cursor:
    return Cursor(cursor.consumer, position)


def failed(cursor: Cursor, problem: str, now: datetime, jitter: float) -> Cursor | None:
    """When the same event is tried again: after twice the time before, up to an hour; None after the last try.

    `jitter`, from 0 to 1, takes up to half of the wait away, so that consumers that failed together do not return
    together.
    """
    tries = cursor.tries + 1
    if tries >= MOST_TRIES:
        return None
    wait = min(FIRST_RETRY * 2 ** (tries - 1), LAST_RETRY) * (1 - jitter / 2)
    return replace(cursor, tries=tries, next_try=now + wait, problem=problem)
