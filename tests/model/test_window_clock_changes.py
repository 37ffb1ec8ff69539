"""Windows on days on which clocks change, against a table; and everywhere against what a clock on the wall shows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.window.grammar import WEEK_DAYS, allowed
from runner.model.window.opening import Window, closes, is_open, next_opening, opens, window
from runner.model.window.zone import spans

# zone, times, the day in that zone, and when it is open on it, in UTC
TABLE = [
    # Forward at 02:00 on 29 March, back at 03:00 on 25 October 2026.
    ("Europe/Berlin", "08:00-16:00", "2026-03-29", ["06:00-14:00"]),
    ("Europe/Berlin", "08:00-16:00", "2026-03-28", ["07:00-15:00"]),
    ("Europe/Berlin", "01:30-03:30", "2026-03-29", ["00:30-01:30"]),
    ("Europe/Berlin", "02:15-02:45", "2026-03-29", []),
    ("Europe/Berlin", "02:30-04:00", "2026-03-29", ["01:00-02:00"]),
    ("Europe/Berlin", "00:00-24:00", "2026-03-29", ["23:00-22:00"]),
    ("Europe/Berlin", "02:15-02:45", "2026-10-25", ["00:15-00:45", "01:15-01:45"]),
    ("Europe/Berlin", "01:00-03:30", "2026-10-25", ["23:00-02:30"]),
    ("Europe/Berlin", "00:00-24:00", "2026-10-25", ["22:00-23:00"]),
    ("Europe/Berlin", "22:00-04:00", "2026-10-24", ["20:00-03:00"]),
    # Forward at 02:00 on 8 March, back at 02:00 on 1 November 2026.
    ("America/New_York", "02:00-03:00", "2026-03-08", []),
    ("America/New_York", "22:00-04:00", "2026-03-07", ["03:00-08:00"]),
    ("America/New_York", "01:30-02:00", "2026-11-01", ["05:30-06:00", "06:30-07:00"]),
    # By half an hour: back at 02:00 on 5 April, forward at 02:00 on 4 October 2026.
    ("Australia/Lord_Howe", "01:30-02:00", "2026-04-05", ["14:30-15:30"]),
    ("Australia/Lord_Howe", "01:45-02:15", "2026-04-05", ["14:45-15:00", "15:15-15:45"]),
    ("Australia/Lord_Howe", "02:00-02:30", "2026-10-04", []),
    ("Australia/Lord_Howe", "02:15-03:00", "2026-10-04", ["15:30-16:00"]),
    # Winter time during Ramadan: back at 03:00 on 15 February, forward at 02:00 on 22 March 2026.
    ("Africa/Casablanca", "02:00-03:00", "2026-02-15", ["01:00-03:00"]),
    ("Africa/Casablanca", "02:00-03:00", "2026-03-22", []),
    ("Africa/Casablanca", "08:00-16:00", "2026-03-01", ["08:00-16:00"]),
    ("Africa/Casablanca", "08:00-16:00", "2026-06-01", ["07:00-15:00"]),
    ("Asia/Kathmandu", "08:00-16:00", "2026-03-29", ["02:15-10:15"]),
    ("UTC", "22:00-04:00", "2026-03-29", ["22:00-04:00"]),
    # Samoa went from 29 December 2011, 24:00, to 31 December.
    ("Pacific/Apia", "08:00-16:00", "2011-12-29", ["18:00-02:00"]),
    ("Pacific/Apia", "08:00-16:00", "2011-12-30", []),
    ("Pacific/Apia", "22:00-04:00", "2011-12-29", ["08:00-10:00"]),
    ("Pacific/Apia", "22:00-04:00", "2011-12-30", []),
    ("Pacific/Apia", "08:00-16:00", "2011-12-31", ["18:00-02:00"]),
    # Clocks went back across midnight: at 00:01 on 30 October 2005 to 23:01 on the day before.
    ("America/St_Johns", "23:30-24:00", "2005-10-29", ["02:00-02:30", "03:00-03:30"]),
]


@pytest.mark.parametrize(("zone", "times", "day", "expected"), TABLE)
def test_a_window_is_open_while_a_clock_in_its_zone_shows_its_times(
    zone: str, times: str, day: str, expected: list[str]
) -> None:
    found = allowed(f"daily {times} {zone}").on(date.fromisoformat(day))
    assert [f"{span.start:%H:%M}-{span.end:%H:%M}" for span in found] == expected


ZONES = [
    ("Europe/Berlin", 2026), ("America/New_York", 2026), ("Australia/Lord_Howe", 2026), ("Africa/Casablanca", 2026),
    ("Asia/Kathmandu", 2026), ("UTC", 2026), ("Pacific/Apia", 2011), ("America/St_Johns", 2005),
]  # fmt: skip
minutes = st.integers(0, 96).map(lambda quarter: quarter * 15)


@st.composite
def times(draw: st.DrawFn, zone: str) -> str:
    days = draw(st.lists(st.sampled_from(WEEK_DAYS), min_size=1, max_size=3, unique=True))
    ranges = []
    for _ in range(draw(st.integers(1, 2))):
        start, end = draw(
            st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1] and pair[0] < 1440)
        )
        ranges.append(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")
    return f"{','.join(days)} {','.join(ranges)} {zone}"


@st.composite
def moments(draw: st.DrawFn, year: int) -> datetime:
    """Any, and more often close to those at which clocks change."""
    near = [
        datetime(year, month, day, tzinfo=UTC)
        for month, day in ((2, 15), (3, 8), (3, 29), (4, 4), (10, 3), (10, 25), (11, 1), (10, 30), (12, 30))
    ]
    start = draw(
        st.sampled_from(near)
        | st.just(datetime(year, 1, 2, tzinfo=UTC) + timedelta(days=draw(st.integers(0, 360))))
    )
    return start + timedelta(minutes=draw(st.integers(-2 * 1440, 2 * 1440)))


@st.composite
def windows_of_a_stack(draw: st.DrawFn) -> tuple[list[Window], datetime]:
    zone, year = draw(st.sampled_from(ZONES))
    others = [name for name, of in ZONES if of == year]
    at = draw(moments(year))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        allow = draw(st.lists(times(draw(st.sampled_from([zone, *others]))), max_size=2))
        freezes = []
        for _ in range(draw(st.integers(0, 2))):
            begin = at.date() + timedelta(days=draw(st.integers(-5, 5)))
            freezes.append(f"{begin}/{begin + timedelta(days=draw(st.integers(0, 4)))} {zone}")
        found.append(window(tuple(allow), tuple(freezes)))
    return found, at


def on_the_wall(of: Window, at: datetime) -> bool:
    """By nothing but what a clock in each zone shows then."""
    if any(one.start <= at < one.end for one in of.freeze):
        return False
    return not of.allow or any(_shows(one.days, one.minutes, one.zone, at) for one in of.allow)


def _shows(days: frozenset[int], ranges: tuple[tuple[int, int], ...], zone: str, at: datetime) -> bool:
    there = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    today = datetime(there.year, there.month, there.day)  # noqa: DTZ001 - as it stands on the wall
    for day in (today, today - timedelta(days=1)):
        existed = bool(spans(zone, day, day + timedelta(days=1)))
        minute = (there - day) / timedelta(minutes=1)
        if existed and day.weekday() in days and any(start <= minute < end for start, end in ranges):
            return True
    return False


@given(windows_of_a_stack())
def test_open_is_what_clocks_on_the_wall_say(case: tuple[list[Window], datetime]) -> None:
    windows, at = case
    for one in windows:
        for later in range(0, 3 * 1440, 97):
            moment = at + timedelta(minutes=later)
            assert is_open(one, moment) == on_the_wall(one, moment)
            assert (opens(one, moment, moment + timedelta(days=30)) == moment) == on_the_wall(one, moment)


@given(windows_of_a_stack())
def test_the_next_opening_is_open_and_nothing_before_it_is(case: tuple[list[Window], datetime]) -> None:
    windows, at = case
    found = next_opening(windows, at)
    until = found if found is not None else at + timedelta(days=20)
    moment = at
    while moment < min(until, at + timedelta(days=20)):
        assert not all(on_the_wall(one, moment) for one in windows), moment
        moment += timedelta(minutes=15)
    if found is not None:
        assert all(on_the_wall(one, found) for one in windows)
        assert found == at or not all(on_the_wall(one, found - timedelta(seconds=1)) for one in windows)


@given(windows_of_a_stack())
def test_an_opening_ends_when_the_first_window_closes(case: tuple[list[Window], datetime]) -> None:
    windows, at = case
    limit = at + timedelta(days=15)
    for one in windows:
        start = opens(one, at, limit)
        if start is None:
            continue
        end = closes(one, start, limit)
        if end is not None:
            assert not on_the_wall(one, end)
            assert on_the_wall(one, end - timedelta(seconds=1))
        moment = start
        while moment < (end or limit):
            assert on_the_wall(one, moment)
            moment += timedelta(minutes=15)
