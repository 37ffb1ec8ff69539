"""How long a run waits for what others hold before it is tried again."""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)
MOST_FALSE_STARTS = 5  # a shim that dies each time has a cause that waiting does not mend


def pause(waits: int) -> timedelta:
    """Twice as long each time: 30 s, 1 min, 2 min ... 15 min."""
    return min(FIRST * (1 << min(waits, 10)), LONGEST)


def waits(until: datetime | None, now: datetime) -> bool:
    """Whether its time has not come yet; a clock that went back must not make it wait for ever."""
    return until is not None and now < until <= now + LONGEST
