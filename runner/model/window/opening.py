"""When windows are open, and when they open next: exact, by the boundaries of their times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from runner.model.window.grammar import Allowed, Frozen, Unreadable, allowed, frozen
from runner.model.window.zone import DAY, Span

# Windows in different zones can meet in a few weeks of a year only, between their changes to summer time.
LOOK_AHEAD = timedelta(days=400)
# The times of a week return after this, also if one falls into an hour or a day that its zone skips.
_PERIOD_DAYS = 30


@dataclass(frozen=True)
class Window:
    """Open in any of the `allow` times, or always if there are none, and closed in each of the `freeze` times.

    One with a `flaw` cannot be read any more, and stays closed.
    """

    allow: tuple[Allowed, ...] = ()
    freeze: tuple[Frozen, ...] = ()
    flaw: str = ""

    def frozen_at(self, at: datetime) -> Frozen | None:
        return next((one for one in self.freeze if one.start <= at < one.end), None)


@lru_cache(maxsize=4096)
def window(allow: tuple[str, ...], freeze: tuple[str, ...]) -> Window:
    try:
        return Window(tuple(map(allowed, allow)), tuple(map(frozen, freeze)))
    except Unreadable as problem:
        return Window(flaw=str(problem))


def is_open(of: Window, at: datetime) -> bool:
    if of.flaw or of.frozen_at(at) is not None:
        return False
    return not of.allow or any(span.start <= at < span.end for span in _around(of.allow, at))


def opens(of: Window, at: datetime, limit: datetime) -> datetime | None:
    """The first moment from `at` on at which it is open; None if there is none before the limit."""
    if of.flaw:
        return None
    while at < limit:
        freeze = of.frozen_at(at)
        if freeze is not None:
            at = freeze.end
            continue
        start = _next_allowed(of.allow, at)
        if start == at:
            return at
        if start is None:
            return None
        at = start
    return None


def closes(of: Window, at: datetime, limit: datetime) -> datetime | None:
    """The first moment after `at`, at which it is open, at which it is not; None if it stays open up to the limit."""
    freezes = (one.start for one in of.freeze if one.start > at)
    end = min(freezes, default=limit)
    if of.allow:
        end = min(end, _allowed_until(of.allow, at, limit))
    return end if end < limit else None


def next_opening(windows: Sequence[Window], at: datetime) -> datetime | None:
    """The first moment from `at` on at which all are open; None if there is none within a year after the last freeze."""
    limit = max([at, *(one.end for window in windows for one in window.freeze)]) + LOOK_AHEAD
    while True:
        later = at
        for one in windows:
            start = opens(one, later, limit)
            if start is None:
                return None
            later = start
        if later == at:
            return at
        at = later


def end_of_opening(windows: Sequence[Window], at: datetime, limit: datetime) -> datetime:
    """When the first of them closes after `at`, at which all are open; at most the limit."""
    return min((closes(one, at, limit) or limit for one in windows), default=limit)


def _next_allowed(allow: Sequence[Allowed], at: datetime) -> datetime | None:
    if not allow:
        return at
    return min((start for one in allow if (start := _next_of(one, at)) is not None), default=None)


def _next_of(one: Allowed, at: datetime) -> datetime | None:
    today = _today(one, at)
    for number in range(-1, _PERIOD_DAYS):
        # Two days together: where clocks go back across midnight, times of the later day come first.
        days = (today + number * DAY, today + (number + 1) * DAY)
        found = [max(span.start, at) for day in days for span in one.on(day) if span.end > at]
        if found:
            return min(found)
    return None


def _allowed_until(allow: Sequence[Allowed], at: datetime, limit: datetime) -> datetime:
    """The end of the times that hold `at` and follow each other without a gap."""
    while at < limit:
        end = max((span.end for span in _around(allow, at) if span.start <= at), default=at)
        if end <= at:
            return at
        at = end
    return limit


def _around(allow: Sequence[Allowed], at: datetime) -> Iterator[Span]:
    """The times of the days that can hold `at`: those of the day before may go on past midnight."""
    for one in allow:
        today = _today(one, at)
        for number in (-1, 0, 1):
            yield from one.on(today + number * DAY)


def _today(one: Allowed, at: datetime) -> date:
    return at.astimezone(ZoneInfo(one.zone)).date()
