from datetime import UTC, datetime, timedelta, timezone

import pytest

from runner.view.when import ago, ahead, rfc3339, span

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 m"), (7199, "1 h"), (86400 * 3, "3 d"), (-5, "0 s")],
)
def test_a_span_is_shown_in_its_largest_unit(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


def test_the_past_and_the_future_are_distinguished() -> None:
    later = NOW + timedelta(minutes=41)
    assert (ago(NOW, later), ahead(later, NOW), ahead(NOW, later)) == ("41 m ago", "in 41 m", "now")


def test_what_never_was_and_what_will_not_be() -> None:
    assert (ago(None, NOW), ahead(None, NOW), ago(NOW, NOW)) == ("never", "-", "just now")


def test_programs_get_utc_whatever_the_zone() -> None:
    zone = timezone(timedelta(hours=2))
    assert rfc3339(datetime(2026, 11, 21, 14, 0, 5, tzinfo=zone)) == "2026-11-21T12:00:05Z"
    assert rfc3339(None) is None
