"""Repetition at an interval, whatever the clock has done meanwhile."""

import random
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger

MIN_SECONDS = 0.1


class Every(BaseTrigger):  # type: ignore[misc]
    """At an interval, moved by a random part of the jitter.

    APScheduler's own trigger lists every missed time before it continues: after a jump by years, hundreds of
    millions of them, under the lock that a stop waits for. This one continues from now.
    """

    def __init__(self, seconds: float, jitter: float = 0.0) -> None:
        self.seconds = seconds
        self.jitter = jitter

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        moved = self.seconds + random.uniform(-self.jitter, self.jitter)
        due = (previous or now) + timedelta(seconds=max(moved, MIN_SECONDS))
        return due if due > now else now + timedelta(seconds=max(moved, MIN_SECONDS))
