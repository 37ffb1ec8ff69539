"""When the cause of a drift is looked up: at once, and again while CloudTrail may still deliver calls."""

from datetime import datetime, timedelta

from runner.model.suspects.suspect import Suspicion

# After the report was filed. CloudTrail delivers within about 5 minutes on average, and sometimes takes longer.
AFTER = tuple(timedelta(minutes=minutes) for minutes in (0, 6, 16, 45))
SURE = 90  # percent
RESOLVED_FOR = timedelta(hours=1)  # a drift that was healed meanwhile is still looked up
UNKNOWN_SINCE = timedelta(days=7)  # without a clean check or an apply on record


def delivered(until: datetime, now: datetime) -> bool:
    """Whether every call of the time is recorded, as far as anybody can know."""
    return now >= until + AFTER[-2]


def next_look(of: Suspicion, now: datetime) -> datetime | None:
    """None if this was the last one: nothing more can come, or what was found leaves nothing open."""
    explained = not of.unexplained and not of.problems
    first = {one.address: one.confidence for one in reversed(of.suspects)}
    if explained and first and min(first.values()) >= SURE:
        return None
    coming = [of.until + after for after in AFTER if of.until + after > now]
    return coming[0] if coming else None
