"""What clocks on the wall show: when a clock in a zone shows a time, with the hours that it skips and repeats."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

DAY = timedelta(days=1)
# No zone is further from UTC than this, not even in local mean time.
_FURTHEST = timedelta(hours=16)
_SAMPLE = timedelta(hours=6)  # no zone changes its offset twice within that
_EXACT = timedelta(seconds=1)


class Span(NamedTuple):
    """From `start` to just before `end`, both in UTC."""

    start: datetime
    end: datetime


class Regime(NamedTuple):
    """A span in which the clocks of a zone are ahead of UTC by one offset."""

    start: datetime
    end: datetime
    offset: timedelta


def midnight(day: date) -> datetime:
    """As a clock on the wall shows it: without a zone."""
    return datetime.combine(day, time())


def spans(zone: str, start: datetime, end: datetime) -> tuple[Span, ...]:
    """When clocks in the zone show a time from `start` to just before `end`, which have no zone themselves.

    Times that are skipped give nothing; times that occur twice count both times.
    """
    found: list[Span] = []
    for regime in _regimes(zone, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)):
        begins = max(regime.start, start.replace(tzinfo=UTC) - regime.offset)
        ends = min(regime.end, end.replace(tzinfo=UTC) - regime.offset)
        if begins >= ends:
            continue
        if found and found[-1].end == begins:
            begins = found.pop().start
        found.append(Span(begins, ends))
    return tuple(found)


def first(zone: str, wall: datetime) -> datetime:
    """The first moment at which clocks in the zone show this time or a later one."""
    return min(span.start for span in spans(zone, wall, wall + 2 * DAY))


def last(zone: str, wall: datetime) -> datetime:
    """The end of the last moment at which clocks in the zone show an earlier time."""
    return max(span.end for span in spans(zone, wall - 2 * DAY, wall))


def _regimes(zone: str, low: datetime, high: datetime) -> Iterator[Regime]:
    """Those in which a clock can show a time from `low` to `high`, if both are taken as UTC."""
    low, high = low - _FURTHEST, high + _FURTHEST
    day = low.date()
    edges = [low]
    while day <= high.date():
        edges += [change for change in _changes(zone, day) if low < change < high]
        day += DAY
    for begins, ends in pairwise([*edges, high]):
        yield Regime(begins, ends, _offset(zone, begins))


@lru_cache(maxsize=4096)
def _changes(zone: str, day: date) -> tuple[datetime, ...]:
    """When the zone changes its offset on this day of UTC."""
    begin = midnight(day).replace(tzinfo=UTC)
    samples = [begin + number * _SAMPLE for number in range(DAY // _SAMPLE + 1)]
    return tuple(
        _change(zone, one, other)
        for one, other in pairwise(samples)
        if _offset(zone, one) != _offset(zone, other)
    )


def _change(zone: str, low: datetime, high: datetime) -> datetime:
    before = _offset(zone, low)
    while high - low > _EXACT:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def local(at: datetime, zone: str) -> datetime:
    """What clocks in the zone show at that moment."""
    from zoneinfo import ZoneInfo

    return at.astimezone(ZoneInfo(zone))


def _offset(zone: str, at: datetime) -> timedelta:
    return local(at, zone).utcoffset() or timedelta()
