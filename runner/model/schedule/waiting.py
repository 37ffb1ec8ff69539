"""How long a run waits for what others hold before it is tried again."""

from datetime import datetime, timedelta

from runner.model.run.life import Run

HELD = "somebody else holds the state"  # how the reason of a run begins that waits for a lock of terraform's
FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)
MOST_FALSE_STARTS = 5  # a shim that dies each time has a cause that waiting does not mend


def pause(waits: int) -> timedelta:
    """Twice as long each time: 30 s, 1 min, 2 min ... 15 min."""
    return min(FIRST * (1 << min(waits, 10)), LONGEST)


def waits(until: datetime | None, now: datetime) -> bool:
    """Whether its time has not come yet; a clock that went back must not make it wait for ever."""
    return until is not None and now < until <= now + LONGEST


def held_elsewhere(run: Run) -> bool:
    """Whether somebody else's lock on its state keeps the run from going on; also in the moment of a new try."""
    return run.claim is None and not run.final and run.wait_until is not None and run.reason.startswith(HELD)
