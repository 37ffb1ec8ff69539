"""When windows are open, and when they open next: exact, by the boundaries of their times."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from runner.model.values.frozen import dataclass
from runner.model.window.grammar import Allowed, Frozen, Unreadable, allowed, frozen
from runner.model.window.zone import DAY, Span, midnight

# Windows in different zones can meet in a few weeks of a year only, between their changes to summer time.
LOOK_AHEAD = timedelta(days=400)
# The times of a week return after this, also if one falls into an hour or a day that its zone skips.
_PERIOD_DAYS = 30


@dataclass(frozen=True, eq=False)  # as Allowed
class Window:
    """Open in any of the `allow` times, or always if there are none, and closed in each of the `freeze` times.

    One with a `flaw` cannot be read any more, and stays closed.
    """

    allow: tuple[Allowed, ...] = ()
    freeze: tuple[Frozen, ...] = ()
    flaw: str = ""

    def frozen_at(self, at: datetime) -> Frozen | None:
        return next((one for one in self.freeze if one.start <= at < one.end), None)


@lru_cache(maxsize=1024)
def window(allow: tuple[str, ...], freeze: tuple[str, ...]) -> Window:
    try:
        return Window(tuple(map(allowed, allow)), tuple(map(frozen, freeze)))
    except Unreadable as problem:
        return Window(flaw=str(problem))


def is_open(of: Window, at: datetime) -> bool:
    if of.flaw or of.frozen_at(at) is not None:
        return False
    return not of.allow or any(span.start <= at < span.end for span in _on_day(of, _day(at)))


def opens(of: Window, at: datetime, limit: datetime) -> datetime | None:
    """The first moment from `at` on at which it is open; None if there is none before the limit."""
    if of.flaw:
        return None
    while at < limit:
        freeze = of.frozen_at(at)
        if freeze is not None:
            at = freeze.end
            continue
        start = _next_allowed(of, at)
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
        end = min(end, _allowed_until(of, at, limit))
    return end if end < limit else None


def next_opening(windows: Sequence[Window], at: datetime) -> datetime | None:
    """The first moment from `at` on at which all are open; None if there is none within a year after the last freeze.

    What is found stays true until then, so a search that finds nothing is not repeated at every turn.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    found = _since(tuple(windows), hour)
    return found if found is None or found >= at else _search(windows, at)


@lru_cache(maxsize=256)
def _since(windows: tuple[Window, ...], hour: datetime) -> datetime | None:
    return _search(windows, hour)


def _search(windows: Sequence[Window], at: datetime) -> datetime | None:
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


def _next_allowed(of: Window, at: datetime) -> datetime | None:
    if not of.allow:
        return at
    for number in range(_PERIOD_DAYS):
        for span in _on_day(of, _day(at) + number * DAY):
            if span.end > at:
                return max(span.start, at)
    return None


def _allowed_until(of: Window, at: datetime, limit: datetime) -> datetime:
    """The end of the times that hold `at` and follow each other without a gap."""
    while at < limit:
        end = next((span.end for span in _on_day(of, _day(at)) if span.start <= at < span.end), at)
        if end == at:
            return at
        at = end
    return limit


@lru_cache(maxsize=4096)
def _on_day(of: Window, day: date) -> tuple[Span, ...]:
    """When it is allowed on a day of UTC: in order, and without overlap."""
    low = midnight(day).replace(tzinfo=UTC)
    high = low + DAY
    found: list[Span] = []
    # Days of a zone begin up to a day earlier or later, and what belongs to one may go on past its midnight.
    near = (span for one in of.allow for number in (-2, -1, 0, 1) for span in one.on(day + number * DAY))
    for span in sorted(near):
        start, end = max(span.start, low), min(span.end, high)
        if start >= end:
            continue
        if found and start <= found[-1].end:
            start, end = found[-1].start, max(end, found.pop().end)
        found.append(Span(start, end))
    return tuple(found)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
