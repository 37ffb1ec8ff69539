"""A request to the daemon: one operation that needs remotes or terraform, from a process that may use neither."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from runner.model.approval.approval import Person
from runner.model.values.frozen import dataclass

# Who asked has gone by then: a daemon that starts later must not surprise anyone.
BEGUN_WITHIN = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
MOST_OPEN = 16  # each may occupy a thread of the daemon, and one of whoever waits
MOST_OPEN_OF_ONE = 4  # so that nobody keeps others from approving


class AfterCrash(StrEnum):
    """What becomes of a request that a daemon had taken when it died."""

    REPEAT = "repeat"  # to do it twice does no harm
    LOSE = "lose"  # a person has to look whether it was done


@dataclass(frozen=True)
class NewRequest:
    operation: str
    arguments: dict[str, Any]  # as JSON
    person: Person
    subjects: tuple[str, ...] = ()  # what they may do is worked out when it is performed
    on_host: bool = False  # they may do everything
    session: str | None = None  # digest of the login that they asked by


@dataclass(frozen=True)
class DaemonRequest:
    """`answer` is the operation's answer as JSON, or `error` what it was refused with."""

    id: int
    operation: str
    arguments: dict[str, Any]
    person: Person
    at: datetime
    subjects: tuple[str, ...] = ()
    on_host: bool = False
    session: str | None = None
    taken_at: datetime | None = None
    answered_at: datetime | None = None
    answer: Any = None
    error: dict[str, Any] | None = None


class Next(StrEnum):
    """What the daemon does with a request that has no answer."""

    TAKE = "take"
    EXPIRE = "expire"
    LOSE = "lose"


def next_of(request: DaemonRequest, after_crash: AfterCrash, now: datetime) -> Next:
    """One that was taken and that nobody works on was left by a daemon that died."""
    if request.taken_at is not None and after_crash is AfterCrash.LOSE:
        return Next.LOSE
    if now - request.at > BEGUN_WITHIN:
        return Next.EXPIRE
    return Next.TAKE
