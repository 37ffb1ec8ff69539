"""What is known of an apply that ended unclearly, for the person who has to find out what happened."""

from datetime import datetime, timedelta

from runner.model.stack.lock import StateLock
from runner.model.values.frozen import dataclass

LOG_LINES = 200
APPLYING = "OperationTypeApply"
# terraform takes its lock within seconds of its start, by the same clock.
SLACK = timedelta(seconds=5)


@dataclass(frozen=True)
class Evidence:
    unfinished: tuple[str, ...] = ()  # resources with an `apply_start` and without `apply_complete`
    log: tuple[str, ...] = ()  # the last lines, masked
    serial_before: int | None = None  # of the state that the plan was based on
    serial_after: int | None = None  # of the state now
    lock: StateLock | None = None  # terraform's lock, if it left one
    lock_is_ours: bool = False
    salvaged: tuple[str, ...] = ()  # a state that terraform could not save, and where it is kept
    exit_code: int | None = None  # negative if a signal ended it; None if it was not observed


def left_by(lock: StateLock, host: str, started: datetime, ended: datetime) -> bool:
    """Whether our own apply took this lock: same operation, this host, and a time at which it ran.

    The lock is exclusive, so one with these properties can only be its own.
    """
    taken = taken_at(lock)
    return (
        lock.operation == APPLYING
        and lock.who.rpartition("@")[2] == host
        and taken is not None
        and started - SLACK <= taken <= ended + SLACK
    )


def taken_at(lock: StateLock) -> datetime | None:
    """Go prints `2026-11-21 04:11:09.123456789 +0000 UTC`."""
    try:
        day, clock, zone, *_ = lock.created.split()
        whole, _, fraction = clock.partition(".")
        return datetime.strptime(f"{day} {whole}.{fraction[:6] or '0'} {zone}", "%Y-%m-%d %H:%M:%S.%f %z")
    except ValueError:
        return None
