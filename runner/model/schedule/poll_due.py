"""When a source that fails is asked again: later and later, so that a dead remote keeps no thread busy."""

from datetime import datetime, timedelta

from runner.model.stack.source import SourceStatus

RETRY_MOST = timedelta(minutes=15)


def retry_after(interval: float, failures: int) -> timedelta:
    """After the first failure as if there was none, then doubling up to a quarter of an hour, or the interval itself."""
    usual = timedelta(seconds=interval)
    doubled: int = 2 ** min(max(failures - 1, 0), 20)
    return max(usual, min(usual * doubled, RETRY_MOST))


def poll_due(status: SourceStatus, interval: float, now: datetime) -> bool:
    """Whether it is to be asked now, at one of its regular times; those are not exact, so a tenth early will do."""
    last = status.polled_at
    if status.failures < 2 or last is None or last > now:
        return True
    return now >= last + retry_after(interval, status.failures) * 0.9
