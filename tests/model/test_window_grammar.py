"""Windows and freezes as people write them, and what is said about those that cannot be read."""

from datetime import UTC, datetime, timedelta

import pytest

from runner.model.window.grammar import Unreadable, allowed, frozen

ALL = frozenset(range(7))


@pytest.mark.parametrize(
    ("text", "days", "hours", "zone"),
    [
        ("mon-thu 08:00-16:00 Europe/Berlin", {0, 1, 2, 3}, [(8, 16)], "Europe/Berlin"),
        ("mon,wed,fri 08:00-16:00", {0, 2, 4}, [(8, 16)], "UTC"),
        ("mon-wed,sat 08:00-16:00", {0, 1, 2, 5}, [(8, 16)], "UTC"),
        ("fri-mon 08:00-16:00", {4, 5, 6, 0}, [(8, 16)], "UTC"),
        ("daily 22:00-04:00", ALL, [(22, 28)], "UTC"),
        ("* 8:00-12:00,13:00-17:00 UTC", ALL, [(8, 12), (13, 17)], "UTC"),
        ("mon-fri 08:00-12:00, 13:00-17:00", {0, 1, 2, 3, 4}, [(8, 12), (13, 17)], "UTC"),
        ("sat,sun", {5, 6}, [(0, 24)], "UTC"),
        ("sat,sun Asia/Kathmandu", {5, 6}, [(0, 24)], "Asia/Kathmandu"),
        ("20:00-24:00 America/Argentina/Buenos_Aires", ALL, [(20, 24)], "America/Argentina/Buenos_Aires"),
        ("  MON-Fri   08:00-16:00  ", {0, 1, 2, 3, 4}, [(8, 16)], "UTC"),
    ],
)
def test_days_times_and_zone(text: str, days: set[int], hours: list[tuple[int, int]], zone: str) -> None:
    read = allowed(text)
    assert read.days == days
    assert read.minutes == tuple((start * 60, end * 60) for start, end in hours)
    assert read.zone == zone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected days and times, such as mon-fri 08:00-16:00 Europe/Berlin at column 1"),
        ("mon-tu 08:00-16:00", '"tu" is not a day at column 5 (did you mean "tue"?)'),
        ("fryday 08:00-16:00", '"fryday" is not a day at column 1 (did you mean "fri"?)'),
        ("mon,,tue", "something is missing beside the comma at column 4"),
        ("mon 8-16", 'expected a time such as 08:00, got "8" at column 5 (write 08:00)'),
        ("mon 08:00", "expected a range such as 08:00-16:00 at column 5"),
        ("mon 08:00-16:60", 'expected a time from 00:00 to 24:00, got "16:60" at column 11'),
        ("mon 08:00-08:00", "the range is empty at column 5 (write 00:00-24:00 for the whole day)"),
        (
            "mon " + ",".join(f"0{hour}:00-0{hour}:30" for hour in range(7)),
            "at most 4 ranges of times at column 5",
        ),
        ("mon 24:00-08:00", "a range cannot begin at 24:00 at column 5 (write 00:00)"),
        ("mon 08:00-16:00 Europe/Berln", 'not a time zone at column 17 (did you mean "Europe/Berlin"?)'),
        ("mon 08:00-16:00 berlin", 'not a time zone at column 17 (did you mean "Europe/Berlin"?)'),
        ("mon 08:00-16:00 +02:00", '"+02:00" is not a time zone at column 17 (zones have names such as'),
        ("mon 08:00-16:00 ../../etc/passwd", "is not a time zone at column 17"),
        ("mon 08:00-16:00 right/Europe/Berlin", "is not a time zone at column 17"),
        ("mon 08:00-10:00 12:00-14:00", 'got "12:00-14:00" at column 17 (separate several times by commas'),
        ("mon 08:00-16:00 UTC x", 'did not expect "x" at column 21'),
        ("Europe/Berlin mon", 'expected days or times before the zone "Europe/Berlin" at column 1'),
        ("mon" * 100, "expected at most 200 characters at column 201"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as problem:
        allowed(text)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-12-20/2027-01-03", "2026-12-20T00:00", "2027-01-04T00:00"),
        ("2026-12-24", "2026-12-24T00:00", "2026-12-25T00:00"),
        ("2026-12-24/2026-12-24 Asia/Kathmandu", "2026-12-23T18:15", "2026-12-24T18:15"),
        ("2026-12-24T12:00/2026-12-27T08:00", "2026-12-24T12:00", "2026-12-27T08:00"),
        ("2026-12-24T12:00/2026-12-27", "2026-12-24T12:00", "2026-12-28T00:00"),
        ("2026-12-24T12:00/2026-12-27T08:00 Europe/Berlin", "2026-12-24T11:00", "2026-12-27T07:00"),
        # Clocks in Berlin skip 02:00 to 03:00 on the first date, and show it twice on the second.
        ("2026-03-29T02:30/2026-10-25T02:30 Europe/Berlin", "2026-03-29T01:00", "2026-10-25T01:30"),
        ("2026-10-25T02:30/2026-10-26 Europe/Berlin", "2026-10-25T00:30", "2026-10-26T23:00"),
        # Samoa had no 30 December 2011.
        ("2011-12-29/2011-12-30 Pacific/Apia", "2011-12-29T10:00", "2011-12-30T10:00"),
        ("2011-12-30/2011-12-31 Pacific/Apia", "2011-12-30T10:00", "2011-12-31T10:00"),
    ],
)
def test_a_freeze_has_both_days_in_it_and_more_rather_than_less_where_clocks_change(
    text: str, start: str, end: str
) -> None:
    read = frozen(text)
    assert [f"{at:%Y-%m-%dT%H:%M}" for at in (read.start, read.end)] == [start, end]
    assert read.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected two dates, such as 2026-12-20/2027-01-03 at column 1"),
        ("2026-12-24/2026-12-20", "the freeze ends before it begins at column 12"),
        ("2026-12-24T12:00/2026-12-24T12:00", "the freeze ends before it begins at column 18"),
        ("2026-02-30/2026-03-01", "2026-02-30 is not a date at column 1"),
        ("20.12.2026/2027-01-03", "expected a date such as 2026-12-24"),
        ("2026-12-20/", 'got "" at column 12'),
        ("9999-12-31/9999-12-31", "expected a year from 1970 to 2999 at column 1"),
        ("2026-12-20/2027-01-03 Europe/Berln", 'column 23 (did you mean "Europe/Berlin"?)'),
        ("2026-12-20/2027-01-03 UTC 12:00", 'did not expect "12:00" at column 27'),
    ],
)
def test_what_is_wrong_with_a_freeze_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as problem:
        frozen(text)
    assert said in str(problem.value)


def test_a_freeze_may_end_in_the_last_year_there_is() -> None:
    assert frozen("2026-12-20/2999-12-31").end == datetime(3000, 1, 1, tzinfo=UTC)
    assert frozen("1970-01-01").end - frozen("1970-01-01").start == timedelta(days=1)
