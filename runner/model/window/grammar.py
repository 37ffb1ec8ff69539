"""Windows as people write them: `mon-thu 08:00-16:00 Europe/Berlin`, and freezes: `2026-12-20/2027-01-03`."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex
from runner.model.window.zone import DAY, Span, first, last, local, midnight, spans

WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = ("daily", "*")
DEFAULT_ZONE = "UTC"
LONGEST = 200
MOST_RANGES = 4  # of one entry
_FULL_NAMES = {
    name: name[:3] for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
_YEARS = range(1970, 3000)
_MINUTES_OF_DAY = 24 * 60

# Parts are separated by spaces; after a comma a part goes on.
_PART = regex(r"[^\s,]+(?:\s*,\s*[^\s,]+)*,?|,")
_ITEM = regex(r"[^\s,]+")
_ZONE = regex(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_TIME = regex(r"([0-9]{1,2}):([0-9]{2})")
_MOMENT = regex(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}))?")


class Unreadable(ValueError):
    """A text that is no window. `column` counts from 1, inside the text."""

    def __init__(self, message: str, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.message} at column {self.column}{hint}"


class Part(NamedTuple):
    text: str
    column: int


# The same text gives the same object (see `allowed`), so they are compared by identity: a search looks up many thousands.
@dataclass(frozen=True, eq=False)
class Allowed:
    """Times of a week in which applies may start; minutes count from midnight of the day that they belong to."""

    days: frozenset[int]
    minutes: tuple[tuple[int, int], ...]
    zone: str

    def on(self, day: date) -> tuple[Span, ...]:
        """The times that belong to this day of the zone's calendar; none on a day that the zone skipped."""
        return _spans_on(self, day)


@lru_cache(maxsize=4096)
def _spans_on(allowed: Allowed, day: date) -> tuple[Span, ...]:
    begin = midnight(day)
    if day.weekday() not in allowed.days or not spans(allowed.zone, begin, begin + DAY):
        return ()
    found = (
        span
        for start, end in allowed.minutes
        for span in spans(allowed.zone, begin + timedelta(minutes=start), begin + timedelta(minutes=end))
    )
    return tuple(sorted(found))


@dataclass(frozen=True)
class Frozen:
    """A time in which no apply starts."""

    start: datetime
    end: datetime
    zone: str
    text: str


@lru_cache(maxsize=4096)
def allowed(text: str) -> Allowed:
    """`[DAYS] [TIMES] [ZONE]`, at least one of days and times; or Unreadable."""
    parts = _parts(text, "expected days and times, such as mon-fri 08:00-16:00 Europe/Berlin")
    days = frozenset(range(7)) if _looks_timed(parts[0]) else _days(parts.pop(0))
    minutes = _times(parts.pop(0)) if parts and _looks_timed(parts[0]) else ((0, _MINUTES_OF_DAY),)
    zone = _zone(parts.pop(0)) if parts else DEFAULT_ZONE
    _nothing_left(parts)
    return Allowed(days, minutes, zone)


@lru_cache(maxsize=4096)
def frozen(text: str) -> Frozen:
    """`FIRST/LAST [ZONE]`: days, both inclusive, or moments such as 2026-12-24T12:00; or Unreadable."""
    parts = _parts(text, "expected two dates, such as 2026-12-20/2027-01-03")
    dates = parts.pop(0)
    zone = _zone(parts.pop(0)) if parts else DEFAULT_ZONE
    _nothing_left(parts)
    start_text, slash, end_text = dates.text.partition("/")
    start, _ = _moment(Part(start_text, dates.column))
    column = dates.column + len(start_text) + len(slash)
    end, whole_day = _moment(Part(end_text if slash else start_text, column if slash else dates.column))
    if whole_day:
        end += DAY
    if end <= start:
        raise Unreadable("the freeze ends before it begins", column)
    return Frozen(first(zone, start), last(zone, end), zone, text)


# Parts


def _parts(text: str, expected: str) -> list[Part]:
    if len(text) > LONGEST:
        raise Unreadable(f"expected at most {LONGEST} characters", LONGEST + 1)
    found = [Part(match[0], match.start() + 1) for match in _PART.finditer(text)]
    if not found:
        raise Unreadable(expected, 1)
    return found


def _nothing_left(parts: Sequence[Part]) -> None:
    if parts:
        raise Unreadable(f'did not expect "{parts[0].text}"', parts[0].column)


def _looks_timed(part: Part) -> bool:
    return part.text[0].isdigit()


def _items(part: Part) -> Iterator[Part]:
    if part.text.startswith(",") or part.text.endswith(","):
        place = 0 if part.text.startswith(",") else len(part.text) - 1
        raise Unreadable("something is missing beside the comma", part.column + place)
    for match in _ITEM.finditer(part.text):
        yield Part(match[0], part.column + match.start())


# Days


def _days(part: Part) -> frozenset[int]:
    found: set[int] = set()
    for item in _items(part):
        found |= _range_of_days(item)
    return frozenset(found)


def _range_of_days(item: Part) -> set[int]:
    if item.text.lower() in EVERY_DAY:
        return set(range(7))
    low, dash, high = item.text.partition("-")
    begin = _day(Part(low, item.column))
    end = _day(Part(high, item.column + len(low) + 1)) if dash else begin
    return {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}


def _day(word: Part) -> int:
    name = word.text.lower()
    if name in WEEK_DAYS:
        return WEEK_DAYS.index(name)
    if _ZONE.fullmatch(word.text) and _is_zone(word.text):
        raise Unreadable(f'expected days or times before the zone "{word.text}"', word.column)
    from difflib import get_close_matches

    known = {**_FULL_NAMES, **{day: day for day in (*WEEK_DAYS, EVERY_DAY[0])}}
    near = next((known[day] for day in get_close_matches(name[:20], known, 1)), "")
    hint = f'did you mean "{near}"?' if near else f"days are {', '.join(WEEK_DAYS)} and daily"
    raise Unreadable(f'"{word.text}" is not a day', word.column, hint)


# Times


def _times(part: Part) -> tuple[tuple[int, int], ...]:
    found = tuple(_range_of_times(item) for item in _items(part))
    if len(found) > MOST_RANGES:
        raise Unreadable(f"expected at most {MOST_RANGES} ranges of times", part.column)
    return found


def _range_of_times(item: Part) -> tuple[int, int]:
    low, dash, high = item.text.partition("-")
    if not dash:
        raise Unreadable("expected a range such as 08:00-16:00", item.column)
    start = _minute(Part(low, item.column))
    end = _minute(Part(high, item.column + len(low) + 1))
    if start == _MINUTES_OF_DAY:
        raise Unreadable("a range cannot begin at 24:00", item.column, "write 00:00")
    if start == end:
        raise Unreadable("the range is empty", item.column, "write 00:00-24:00 for the whole day")
    return start, end if end > start else end + _MINUTES_OF_DAY


def _minute(word: Part) -> int:
    match = _TIME.fullmatch(word.text)
    if match is None:
        hint = f"write {int(word.text):02}:00" if re.fullmatch(r"[0-9]{1,2}", word.text) else ""
        raise Unreadable(f'expected a time such as 08:00, got "{word.text}"', word.column, hint)
    hour, minute = int(match[1]), int(match[2])
    if minute > 59 or hour * 60 + minute > _MINUTES_OF_DAY:
        raise Unreadable(f'expected a time from 00:00 to 24:00, got "{word.text}"', word.column)
    return hour * 60 + minute


# Dates


def _moment(word: Part) -> tuple[datetime, bool]:
    """As a clock shows it, and whether the whole day is meant."""
    match = _MOMENT.fullmatch(word.text)
    if match is None:
        message = f'expected a date such as 2026-12-24, or 2026-12-24T12:00, got "{word.text}"'
        raise Unreadable(message, word.column)
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        raise Unreadable(f"{match[1]} is not a date", word.column) from None
    if day.year not in _YEARS:
        raise Unreadable(f"expected a year from {_YEARS[0]} to {_YEARS[-1]}", word.column)
    if match[2] is None:
        return midnight(day), True
    minute = _minute(Part(match[2], word.column + len(match[1]) + 1))
    return midnight(day) + timedelta(minutes=minute), False


# Zones


def _zone(word: Part) -> str:
    if _looks_timed(word):
        message = f'expected a time zone, got "{word.text}"'
        raise Unreadable(message, word.column, "separate several times by commas, without spaces")
    if _ZONE.fullmatch(word.text) and _is_zone(word.text):
        return word.text
    near = _near_zone(word.text)
    hint = (
        f'did you mean "{near}"?'
        if near
        else "zones have names such as Europe/Berlin, America/New_York or UTC"
    )
    raise Unreadable(f'"{word.text}" is not a time zone', word.column, hint)


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        local(datetime.now(UTC), name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _near_zone(name: str) -> str:
    """By its whole name, or by that of its city."""
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    known = {zone.lower(): zone for zone in sorted(available_timezones()) if _ZONE.fullmatch(zone)}
    cities = {lower.rpartition("/")[2]: zone for lower, zone in known.items()}
    wanted = name[:60].lower()
    for names in (known, cities):
        if near := get_close_matches(wanted, names, 1, cutoff=0.75):
            return names[near[0]]
    return ""
