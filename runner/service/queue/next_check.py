"""When a stack's next drift check is due."""

import hashlib
from datetime import datetime, timedelta

from runner.model.schedule.cron import next_fire
from runner.model.settings.server import DriftSettings
from runner.model.stack.definition import Stack
from runner.ports.records.reports import ReportReader
from runner.ports.records.store import Store


def next_check(stack: Stack, settings: DriftSettings, after: datetime) -> datetime:
    """The next time of the stack's cron line, plus its own constant share of the jitter.

    The jitter is derived from the stack's name, so that a thousand stacks on one line spread out and yet each
    keeps its time from day to day.
    """
    schedule = stack.definition.drift.schedule or settings.schedule
    moved = timedelta(seconds=_share(stack.name) * settings.jitter)
    since = after - moved + timedelta(microseconds=1)
    return next_fire(schedule, since) + moved


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
