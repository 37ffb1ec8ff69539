from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from runner.model.schedule.cron import MONTHS, WEEK_DAYS, cron_flaw, next_fire

FIELDS = [(0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, MONTHS), (0, 6, WEEK_DAYS)]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def items(low: int, high: int, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    number = st.integers(low - 1, high + 1).map(str)
    step = st.integers(0, high + 2).map(str)
    word = st.sampled_from(names or ("mon",))
    return st.one_of(
        st.just("*"),
        step.map("*/{}".format),
        number,
        st.builds("{}-{}".format, number, number),
        st.builds("{}-{}/{}".format, number, number, step),
        st.builds("{}/{}".format, number, step),
        word,
        st.builds("{}-{}".format, word, word),
    )


fields = [st.lists(items(*field), min_size=1, max_size=2).map(",".join) for field in FIELDS]
lines = st.tuples(*fields).map(" ".join)


@given(lines)
def test_every_accepted_line_is_valid_for_the_scheduler_and_fires_some_day(line: str) -> None:
    if cron_flaw(line) is None:
        trigger = CronTrigger.from_crontab(line, timezone=UTC)
        assert trigger.get_next_fire_time(None, NOW) is not None


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(lines, MOMENTS)
def test_a_line_fires_when_the_scheduler_says(line: str, since: datetime) -> None:
    """APScheduler requires day and weekday; in cron either is enough if both are given."""
    if cron_flaw(line) is not None:
        return
    minute, hour, day, month, weekday = line.split()
    either = not day.startswith("*") and not weekday.startswith("*")
    both = (f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {weekday}")
    triggers = [CronTrigger.from_crontab(one, timezone=UTC) for one in (both if either else (line,))]
    times = [time for one in triggers if (time := one.get_next_fire_time(None, since)) is not None]
    assert next_fire(line, since) == min(times)


def test_a_time_of_the_line_itself_is_not_before() -> None:
    at = datetime(2026, 3, 1, 4, 17, tzinfo=UTC)
    assert next_fire("17 */4 * * *", at) == at
    assert next_fire("17 */4 * * *", at + timedelta(microseconds=1)) == at + timedelta(hours=4)
    assert next_fire("0 0 29 feb *", at) == datetime(2028, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["17 */4 * * *", "5 * * * *", "0 6 * * mon-fri", "0 6 1,15 jan-mar,12 *", "*/5 0-6/2 * * sat,sun"]
)
def test_a_common_line_is_taken(line: str) -> None:
    assert cron_flaw(line) is None


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        ("0 0 * * 1", "day of the week: write mon for 1; cron counts"),
        ("0 0 * * 0", "day of the week: write sun for 0"),
        ("0 0 * * 7", "day of the week: write sun for 7"),
        ("0 0 * * 1-5", "day of the week: write mon for 1"),
        ("0 0 * * fri-mon", "day of the week: the range is reversed; write fri-sun,mon-mon"),
        ("0 0 * * monday", "day of the week: invalid cron field"),
        ("0 0 * foo *", "month: expected jan, feb"),
        ("60 * * * *", "minute: expected 0 to 59"),
        ("*/0 * * * *", "minute: the step exceeds the range"),
        ("59/1 * * * *", "minute: the step exceeds the range"),
        ("0 0 30 feb *", "this date never occurs"),
        ("0 0 * *", "expected a cron line with five fields"),
        ("@hourly", "expected a cron line with five fields"),
        ("", "expected a cron line with five fields"),
    ],
)
def test_a_line_that_is_not_taken_is_explained(line: str, flaw: str) -> None:
    assert (cron_flaw(line) or "").startswith(flaw)


def test_a_day_that_only_some_weekday_would_bring_is_not_taken() -> None:
    assert cron_flaw("0 0 30 feb mon") == "this date never occurs"
