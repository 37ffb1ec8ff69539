"""When a stack's next drift check is due."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from runner.model.settings.server import DriftSettings
from runner.model.stack.definition import Stack
from runner.ports.records.reports import ReportReader
from runner.ports.records.store import Store


@lru_cache(maxsize=1024)
def _triggers(schedule: str) -> tuple[Any, ...]:
    """If day and weekday are both given, either is enough, as in cron; APScheduler alone would require both."""
    from apscheduler.triggers.cron import CronTrigger

    minute, hour, day, month, weekday = schedule.split()
    lines = [schedule]
    if not day.startswith("*") and not weekday.startswith("*"):
        lines = [f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {weekday}"]
    return tuple(CronTrigger.from_crontab(line, timezone=UTC) for line in lines)


def next_check(stack: Stack, settings: DriftSettings, after: datetime) -> datetime:
    """The next time of the stack's cron line, plus its own constant share of the jitter.

    The jitter is derived from the stack's name, so that a thousand stacks on one line spread out and yet each
    keeps its time from day to day.
    """
    schedule = stack.definition.drift.schedule or settings.schedule
    moved = timedelta(seconds=_share(stack.name) * settings.jitter)
    since = after - moved + timedelta(microseconds=1)
    return next_fire(schedule, since) + moved


def next_fire(schedule: str, since: datetime) -> datetime:
    """The first time of the cron line that is not before."""
    fires = [trigger.get_next_fire_time(None, since) for trigger in _triggers(schedule)]
    return min((fire for fire in fires if fire is not None), default=since + timedelta(days=3650))


def reschedule(store: Store, settings: DriftSettings, now: datetime) -> list[str]:
    """Reschedule checks whose schedule changed with the server's settings; returns the names of their stacks.

    A time in the future is the next one of its schedule, so it stays the same if nothing changed. A check
    that is retried sooner, after a failure or to confirm a drift, keeps its own time.
    """
    with store.reading() as reader:
        moved = [
            (stack.name, fresh)
            for stack in reader.stacks()
            if stack.next_check_at is not None
            and stack.next_check_at > now
            and not stack.check_failures
            and (fresh := next_check(stack, settings, now)) != stack.next_check_at
            and not _to_confirm(reader, stack.name)
        ]
    if moved:
        with store.writing() as writer:
            for name, fresh in moved:
                writer.schedule_check(name, fresh)
    return [name for name, _ in moved]


def _to_confirm(reader: ReportReader, stack: str) -> bool:
    report = reader.current_report(stack)
    return report is not None and not report.confirmed


def _share(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
