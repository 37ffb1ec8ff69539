"""The windows of a stack: which reach it, and whether its applies may start now."""

from collections.abc import Sequence
from datetime import datetime

from runner.model.run.life import BreakGlass
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Closed, Openings, Reaching, in_zone
from runner.view.when import whole


@dataclass(frozen=True)
class WindowRow:
    """One window that reaches a stack. `changes_at` is when it closes, or opens by itself, if that is known."""

    origin: str
    allow: tuple[str, ...]
    freeze: tuple[str, ...]
    reason: str
    open: bool
    changes_at: datetime | None
    changes: str  # such as `opens Mon 2026-11-30 08:00 Europe/Berlin (07:00 UTC)`

    @property
    def sentence(self) -> str:
        """Such as `open: mon-thu 08:00-16:00 Europe/Berlin; closes Mon ...`."""
        said = "; ".join([*self.allow, *(f"freeze {one}" for one in self.freeze)])
        more = f" ({self.reason})" if self.reason else ""
        return f"{'open' if self.open else 'closed'}: {said}{more}; {self.changes}"


@dataclass(frozen=True)
class ClosedView:
    """Why an apply waits, and until when; `opens_at` is None if its windows never open together."""

    why: str
    opens: str
    opens_at: datetime | None

    @property
    def sentence(self) -> str:
        return f"{self.why}; {self.opens}"


@dataclass(frozen=True)
class GlassRow:
    """An owner's word to apply outside the windows."""

    by: str
    known_by: str
    at: datetime
    reason: str


def window_rows(windows: Sequence[Reaching], now: datetime) -> tuple[WindowRow, ...]:
    """Each window by itself: `closed_view` says what they do together."""
    openings = Openings(now)
    return tuple(_row(one, openings) for one in windows)


def _row(one: Reaching, openings: Openings) -> WindowRow:
    closed = openings.closed((one,))
    ends = openings.closes((one,)) if closed is None else closed.opens_at
    if closed is not None:
        changes = closed.opens
    else:
        changes = f"closes {in_zone(ends, one.zone)}" if ends is not None else "stays open"
    return WindowRow(
        origin=one.origin,
        allow=one.allow,
        freeze=one.freeze,
        reason=one.reason,
        open=closed is None,
        changes_at=whole(ends),
        changes=changes,
    )


def closed_view(of: Closed | None) -> ClosedView | None:
    return None if of is None else ClosedView(of.why, of.opens, whole(of.opens_at))


def glass_row(of: BreakGlass | None) -> GlassRow | None:
    return None if of is None else GlassRow(of.by, of.known_by, whole(of.at), of.reason)
