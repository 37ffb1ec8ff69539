"""Cron lines: five fields, weekdays by name, and only what APScheduler's `from_crontab` accepts too.

When a line fires is worked out here as well: the import of APScheduler's triggers took a tenth of the time of a drift check.
"""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from runner.model.values.regex import regex

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # the meaning of numbers in cron
_LONGEST = 200
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    numbers: bool = True


_FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of the week", 0, 6, WEEK_DAYS, numbers=False),
)
_STAR = regex(r"\*(?:/([0-9]{1,4}))?")
_RANGE = regex(r"([0-9]{1,4})(?:-([0-9]{1,4}))?(?:/([0-9]{1,4}))?")
_NAMES = regex(r"([a-z]{3})(?:-([a-z]{3}))?", re.IGNORECASE)


def cron_flaw(line: str) -> str | None:
    """What is wrong with the line, or None."""
    words = line.split() if len(line) <= _LONGEST else []
    if len(words) != len(_FIELDS):
        return "expected a cron line with five fields (minute hour day month weekday)"
    return _flaw(tuple(words))


def next_fire(line: str, since: datetime) -> datetime:
    """The first time of a line without flaws that is not before, in UTC.

    If day and weekday are both given, either is enough, as in cron.
    """
    minutes, hours, *days = _parsed(tuple(line.split()))
    either = not any(word.startswith("*") for word in line.split()[2::2])
    moment = since.astimezone(UTC)
    first = moment.replace(second=0, microsecond=0)
    if first < moment:
        first += timedelta(minutes=1)
    day = first.date()
    while True:
        if _fires_on(day, days, either=either):
            earliest = first.time() if day == first.date() else time()
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    if (hour, minute) >= (earliest.hour, earliest.minute):
                        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
        day += timedelta(days=1)


def _fires_on(day: date, fields: Sequence[Collection[int]], *, either: bool) -> bool:
    days, months, weekdays = fields
    if day.month not in months:
        return False
    of_month, of_week = day.day in days, day.weekday() in weekdays
    return of_month or of_week if either else of_month and of_week


@lru_cache(maxsize=1024)
def _parsed(words: tuple[str, ...]) -> list[set[int]]:
    """The values of each field; ValueError if a field has a flaw."""
    return [_field_values(field, word) for field, word in zip(_FIELDS, words, strict=True)]


def _field_values(field: Field, word: str) -> set[int]:
    found: set[int] = set()
    for item in word.split(","):
        taken = _values(field, item)
        if isinstance(taken, str):
            raise ValueError(f"{field.name}: {taken}")  # noqa: TRY004 - it says what is wrong
        found |= taken
    return found


def _flaw(words: tuple[str, ...]) -> str | None:
    try:
        _, _, days, months, _ = _parsed(words)
    except ValueError as error:
        return str(error)
    if min(days) > max(_DAYS_OF[month - 1] for month in months):
        return "this date never occurs"
    return None


def _values(field: Field, item: str) -> set[int] | str:
    """The values of one item of a field, or what is wrong with it."""
    if match := _STAR.fullmatch(item):
        return _stepped(field, field.low, field.high, match[1])
    if match := _RANGE.fullmatch(item):
        if not field.numbers:
            return _named_day(int(match[1]))
        first = int(match[1])
        last = int(match[2]) if match[2] else (field.high if match[3] else first)
        return _stepped(field, first, last, match[3])
    if (match := _NAMES.fullmatch(item)) and field.names:
        return _named(field, match[1].lower(), (match[2] or match[1]).lower())
    return "invalid cron field"


def _stepped(field: Field, first: int, last: int, step: str | None) -> set[int] | str:
    if not field.low <= first <= field.high or not field.low <= last <= field.high:
        return f"expected {field.low} to {field.high}"
    if first > last:
        return "the range is reversed"
    if step is not None and not 1 <= int(step) <= last - first:
        return "the step exceeds the range"
    return set(range(first, last + 1, int(step or 1)))


def _named(field: Field, first: str, last: str) -> set[int] | str:
    if first not in field.names or last not in field.names:
        return f"expected {', '.join(field.names)}"
    start, end = field.names.index(first), field.names.index(last)
    if start > end:
        return f"the range is reversed; write {first}-{field.names[-1]},{field.names[0]}-{last}"
    return set(range(start + field.low, end + field.low + 1))


def _named_day(number: int) -> str:
    meant = f"write {_CRON_DAYS[number]} for {number}" if number < len(_CRON_DAYS) else "write the name"
    return f"{meant}; cron counts weekdays from Sunday, other programs from Monday"
