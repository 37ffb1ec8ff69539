from datetime import UTC, datetime, timedelta

import pytest

from runner.model.values.moment import Moment

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until", "ahead"),
    [
        ("7d", NOW - timedelta(days=7), NOW - timedelta(days=7), NOW + timedelta(days=7)),
        (
            "2026-12-24",
            datetime(2026, 12, 24, tzinfo=UTC),
            datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC),
            datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC),
        ),
        *(
            (text, *[datetime(2026, 12, 24, 10, 30, tzinfo=UTC)] * 3)
            for text in (
                "2026-12-24T10:30:00Z",
                "2026-12-24t10:30z",
                "2026-12-24 10:30",
                "2026-12-24T12:30:00+02:00",
                "2026-12-24T10:30:00.0Z",
            )
        ),
    ],
)
def test_a_time_is_named_by_a_span_a_day_or_exactly(
    text: str, since: datetime, until: datetime, ahead: datetime
) -> None:
    moment = Moment.parse(text)
    assert (moment.since(NOW), moment.until(NOW), moment.ahead(NOW)) == (since, until, ahead)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "24.12.2026", "2026-12", "2026-02-30", "2026-12-24T25:00Z", "7", "99999w", "٢٠٢٦-١٢-٢٤"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no such date"):
        Moment.parse(text)


def test_a_time_that_no_calendar_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="no such date"):
        Moment.parse("0001-01-01T00:00:00+23:59")
