"""What a clock may be trusted with, and what not: it can be set, and it can jump."""

from datetime import datetime, timedelta

# More than a correction by NTP, and less than any span that decides over an approval or a check.
FAR_BEHIND = timedelta(days=1)
CORRECTION = timedelta(hours=1)


def latest(now: datetime, newest_seen: datetime | None) -> datetime:
    """The time that ages are measured at: what was seen already does not become the future again."""
    return now if newest_seen is None else max(now, newest_seen)


def age(at: datetime, now: datetime, newest_seen: datetime | None) -> timedelta:
    """How old something is: it never becomes younger when the clock goes back."""
    return latest(now, newest_seen) - at


def far_behind(now: datetime, newest_seen: datetime | None) -> bool:
    """Whether the clock is so far behind what was recorded that one of both is wrong."""
    return newest_seen is not None and newest_seen - now > FAR_BEHIND


def went_back(now: datetime, since: datetime | None) -> bool:
    """Whether it is now before a moment at which something was done: then what was reckoned from it says nothing."""
    return since is not None and since - now > CORRECTION
