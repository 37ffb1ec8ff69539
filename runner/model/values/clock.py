"""How far a clock can be trusted: it can be set, and it can jump."""

from datetime import datetime, timedelta

# More than an NTP correction, and less than any span that decides about an approval or a check.
FAR_BEHIND = timedelta(days=1)
CORRECTION = timedelta(hours=1)


def latest(now: datetime, newest_seen: datetime | None) -> datetime:
    """The time for measuring ages: a time already seen never becomes the future again."""
    return now if newest_seen is None else max(now, newest_seen)


def age(at: datetime, now: datetime, newest_seen: datetime | None) -> timedelta:
    """How old something is: it never becomes younger when the clock goes back."""
    return latest(now, newest_seen) - at


def far_behind(now: datetime, newest_seen: datetime | None) -> bool:
    """Whether the clock is so far behind the records that one of them is wrong."""
    return newest_seen is not None and newest_seen - now > FAR_BEHIND


def went_back(now: datetime, since: datetime | None) -> bool:
    """Whether it is earlier than when something was done: then times computed from that are meaningless."""
    return since is not None and since - now > CORRECTION
