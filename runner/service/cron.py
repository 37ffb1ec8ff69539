"""When a stack's next drift check is due."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from runner.model.settings import DriftSettings
from runner.model.stack import Stack


@lru_cache(maxsize=1024)
def _trigger(schedule: str) -> Any:
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(schedule, timezone=UTC)


def next_check(stack: Stack, settings: DriftSettings, after: datetime) -> datetime:
    """The next time of the stack's cron line, moved by its own steady part of the jitter.

    The jitter follows from the stack's name, so that a thousand stacks on one line spread out and yet
    each keeps its place from day to day.
    """
    schedule = stack.definition.drift.schedule or settings.schedule
    moved = timedelta(seconds=_share(stack.name) * settings.jitter)
    fire = _trigger(schedule).get_next_fire_time(None, after - moved + timedelta(microseconds=1))
    return (fire if fire is not None else after + timedelta(days=3650)) + moved


def _share(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
