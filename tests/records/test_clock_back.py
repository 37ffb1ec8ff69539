"""A clock that goes back makes nothing younger, and is not started on unless a person accepts it."""

from datetime import timedelta

import pytest
from records_world import NOON, Records

from runner.errors import ClockBehind
from runner.model.values.clock import age, far_behind, latest, went_back
from runner.service.integrity.check_clock import check_clock

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


def newest_time(records: Records) -> object:
    with records.control.store.reading() as reader:
        return reader.newest_time()


def test_a_new_installation_has_seen_no_time(records: Records) -> None:
    assert newest_time(records) is None
    check_clock(records.control, accept=False)


@pytest.mark.parametrize("back", [timedelta(), HOUR, DAY])
def test_a_clock_that_is_at_most_a_day_behind_is_started_on(records: Records, back: timedelta) -> None:
    records.queue()
    records.clock.at -= back
    check_clock(records.control, accept=False)


@pytest.mark.parametrize("back", [DAY + timedelta(seconds=1), YEAR])
def test_a_clock_that_is_further_behind_is_refused_with_what_to_do(records: Records, back: timedelta) -> None:
    records.queue()
    records.clock.at -= back
    with pytest.raises(ClockBehind, match="2026-03-01 12:00:00 UTC") as error:
        check_clock(records.control, accept=False)
    assert error.value.exit_code == 78
    assert "driftline daemon --accept-clock" in error.value.hint


def test_accepting_is_recorded_and_asked_for_once(records: Records) -> None:
    records.queue()
    records.clock.at -= YEAR
    check_clock(records.control, accept=True)
    assert records.actions("clock") == ["clock.accepted"]
    check_clock(records.control, accept=False)
    assert newest_time(records) == NOON - YEAR


def test_accepting_a_clock_that_is_right_records_nothing(records: Records) -> None:
    records.queue()
    check_clock(records.control, accept=True)
    assert records.actions("clock") == []


def test_the_newest_time_is_the_latest_and_not_the_last(records: Records) -> None:
    records.age(days=365)
    records.queue("prod/rds")
    records.age(days=-365)
    records.queue()
    assert newest_time(records) == NOON + YEAR


@pytest.mark.parametrize(("jump", "old"), [(HOUR, 2 * HOUR), (timedelta(), HOUR), (-YEAR, HOUR)])
def test_an_age_grows_with_the_clock_and_never_shrinks_with_it(jump: timedelta, old: timedelta) -> None:
    given, seen = NOON, NOON + HOUR
    assert age(given, seen + jump, seen) == old


def test_without_anything_seen_the_clock_alone_counts() -> None:
    assert latest(NOON, None) == NOON
    assert not far_behind(NOON, None)
    assert not went_back(NOON, None)


def test_a_correction_of_minutes_is_no_jump() -> None:
    assert not went_back(NOON, NOON + HOUR)
    assert went_back(NOON, NOON + HOUR + timedelta(seconds=1))
