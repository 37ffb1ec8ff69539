"""How long a run waits for something that others hold before it is retried."""

from datetime import datetime, timedelta

from runner.model.run.life import Run

HELD = "someone else holds the state lock"  # prefix of the reason of a run that waits for terraform's lock
FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)
MAX_FALSE_STARTS = 5  # a shim that always dies has a cause that waiting does not fix


def pause(waits: int) -> timedelta:
    """Twice as long each time: 30 s, 1 min, 2 min ... 15 min."""
    return min(FIRST * (1 << min(waits, 10)), LONGEST)


def waits(until: datetime | None, now: datetime) -> bool:
    """Whether its time has not come yet; a clock that went back must not make it wait forever."""
    return until is not None and now < until <= now + LONGEST


def held_elsewhere(run: Run) -> bool:
    """Whether another lock on its state keeps the run from proceeding, including during a retry."""
    return run.claim is None and not run.final and run.wait_until is not None and run.reason.startswith(HELD)
