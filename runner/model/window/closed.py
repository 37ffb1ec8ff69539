"""Why the applies of a stack wait for a window, and until when."""

from collections.abc import Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta

from runner.model.values.frozen import dataclass
from runner.model.window.grammar import DEFAULT_ZONE
from runner.model.window.opening import Window, end_of_opening, is_open, next_opening, window
from runner.model.window.zone import local

SOON = timedelta(days=60)
Texts = tuple[tuple[str, ...], tuple[str, ...]]  # what a window says: `allow` and `freeze`


@dataclass(frozen=True)
class Reaching:
    """A window that reaches a stack: what it says, and where that is written."""

    origin: str
    allow: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    reason: str = ""

    @property
    def texts(self) -> Texts:
        return self.allow, self.freeze

    @property
    def window(self) -> Window:
        return window(self.allow, self.freeze)

    @property
    def zone(self) -> str:
        """The zone in which its times are shown: that of its first times or dates."""
        said = [*(one.zone for one in self.window.allow), *(one.zone for one in self.window.freeze)]
        return said[0] if said else DEFAULT_ZONE

    def __str__(self) -> str:
        said = [*self.allow, *(f"freeze {one}" for one in self.freeze)]
        return f"{self.origin} ({', '.join(said)})"


@dataclass(frozen=True)
class Closed:
    """`by` are the windows that are closed now; `opens_at` is None if all of a stack's windows never open together."""

    by: tuple[Reaching, ...]
    now: datetime
    opens_at: datetime | None

    @property
    def why(self) -> str:
        """Such as `rule 2 of windows: freeze 2026-12-20/2027-01-03 (customers are away)`."""
        return "; ".join(_why(one, self.now) for one in self.by)

    @property
    def opens(self) -> str:
        """Such as `opens Mon 2026-11-30 08:00 Europe/Berlin (07:00 UTC)`."""
        if self.opens_at is None:
            return "never opens"
        return f"opens {in_zone(self.opens_at, self.by[0].zone)}"

    def __str__(self) -> str:
        return f"{self.why}; {self.opens}"


def _why(one: Reaching, now: datetime) -> str:
    freeze = one.window.frozen_at(now)
    said = one.window.flaw or (f"freeze {freeze.text}" if freeze is not None else ", ".join(one.allow))
    return f"{one.origin}: {said}" + (f" ({one.reason})" if one.reason else "")


def in_zone(at: datetime, zone: str) -> str:
    """`Mon 2026-11-30 08:00 Europe/Berlin (07:00 UTC)`; with the date in UTC where it is another day there."""
    there, here = local(at, zone), at.astimezone(UTC)
    shown = f"{there:%a %Y-%m-%d %H:%M} {zone}"
    if zone == DEFAULT_ZONE:
        return shown
    return f"{shown} ({here:%H:%M} UTC)" if there.date() == here.date() else f"{shown} ({here:%F %H:%M} UTC)"


@dataclass(frozen=True)
class Openings:
    """The windows at one moment. Each window, and each set of them, is looked at once, however many stacks it reaches.

    `seen` is a later time than now that is on record, if the clock went back: then windows have to be open at both.
    """

    now: datetime
    _open: dict[tuple[Texts, datetime], bool] = field(default_factory=dict)
    _next: dict[frozenset[Texts], datetime | None] = field(default_factory=dict)

    def closed(self, windows: Sequence[Reaching], seen: datetime | None = None) -> Closed | None:
        """What keeps the stack of these windows from being applied now; None if nothing does."""
        for at in (self.now, seen or self.now):
            by = tuple(one for one in windows if not self._is_open(one, at))
            if by:
                return Closed(by, at, self._next_opening(windows))
            if seen is None:
                break
        return None

    def closes(self, windows: Sequence[Reaching]) -> datetime | None:
        """When the first of them closes, which are all open now; None if none does within the next weeks."""
        limit = self.now + SOON
        end = end_of_opening([one.window for one in windows], self.now, limit)
        return end if end < limit else None

    def _is_open(self, one: Reaching, at: datetime) -> bool:
        key = (one.texts, at)
        if key not in self._open:
            self._open[key] = is_open(one.window, at)
        return self._open[key]

    def _next_opening(self, windows: Sequence[Reaching]) -> datetime | None:
        key = frozenset(one.texts for one in windows)
        if key not in self._next:
            self._next[key] = next_opening([one.window for one in windows], self.now)
        return self._next[key]


def lapses(given: datetime, lasts: timedelta, windows: Sequence[Reaching]) -> datetime:
    """When an approval lapses. If its windows are closed then, it stands until their next opening is over.

    That opening counts for as long as an approval lasts, at most: a window that never closes again must not
    make it last forever.
    """
    end = given + lasts
    all_of_them = tuple(one.window for one in windows)
    opening = next_opening(all_of_them, end)
    if opening is None or opening == end:
        return end
    return end_of_opening(all_of_them, opening, opening + lasts)
