"""How often a source that fails is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from runner.model.schedule.poll_due import MAX_RETRY, poll_due, retry_after
from runner.model.stack.source import SourceStatus

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "failures", "seconds"),
    [
        (60, 0, 60),
        (60, 1, 60),
        (60, 2, 120),
        (60, 4, 480),
        (60, 5, MAX_RETRY.total_seconds()),
        (60, 10_000, MAX_RETRY.total_seconds()),
        (3600, 5, 3600),
    ],
)
def test_a_source_is_asked_again_later_and_later(interval: float, failures: int, seconds: float) -> None:
    assert retry_after(interval, failures) == timedelta(seconds=seconds)


def failed(times: int, *, ago: float) -> SourceStatus:
    return SourceStatus("infra", polled_at=NOW - timedelta(seconds=ago), failures=times)


@pytest.mark.parametrize(
    ("status", "due"),
    [
        (SourceStatus("infra"), True),
        (failed(0, ago=1), True),
        (failed(1, ago=1), True),
        (failed(3, ago=200), False),
        (failed(3, ago=240), True),
        # The timetable is not exact: a moment too early is not a whole interval too early.
        (failed(3, ago=220), True),
        # A clock that went back keeps nobody waiting.
        (failed(5, ago=-3600), True),
    ],
)
def test_a_source_is_due(status: SourceStatus, due: bool) -> None:  # noqa: FBT001
    assert poll_due(status, 60, NOW) is due
