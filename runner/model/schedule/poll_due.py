"""When a failing source is polled again: with growing delays, so that a dead remote keeps no thread busy."""

from datetime import datetime, timedelta

from runner.model.stack.source import SourceStatus

MAX_RETRY = timedelta(minutes=15)


def retry_after(interval: float, failures: int) -> timedelta:
    """The usual interval after the first failure, then doubling up to a quarter of an hour, or to the
    interval if longer.
    """
    usual = timedelta(seconds=interval)
    doubled: int = 2 ** min(max(failures - 1, 0), 20)
    return max(usual, min(usual * doubled, MAX_RETRY))


def poll_due(status: SourceStatus, interval: float, now: datetime) -> bool:
    """Whether to poll now, at one of its regular times; those are not exact, so up to a tenth early counts."""
    last = status.polled_at
    if status.failures < 2 or last is None or last > now:
        return True
    return now >= last + retry_after(interval, status.failures) * 0.9
