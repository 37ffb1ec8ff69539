"""Times: relative for people, RFC 3339 in UTC for programs."""

from datetime import UTC, datetime
from math import ceil
from typing import overload

from runner.errors import BadUsage
from runner.model.values.moment import Moment

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


@overload
def rfc3339(moment: datetime) -> str: ...
@overload
def rfc3339(moment: None) -> None: ...
def rfc3339(moment: datetime | None) -> str | None:
    """Such as `2026-11-21T01:35:09Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@overload
def whole(moment: datetime) -> datetime: ...
@overload
def whole(moment: None) -> None: ...
def whole(moment: datetime | None) -> datetime | None:
    """To the second, in UTC: what RFC 3339 keeps of it, so that every face draws from the same time."""
    return None if moment is None else moment.astimezone(UTC).replace(microsecond=0)


def span(seconds: float) -> str:
    """Roughly, in its largest unit: `4 s`, `12 m`, `2 h`, `3 d`."""
    whole = max(0, int(seconds))
    unit, size = next(((unit, size) for unit, size in _UNITS if whole >= size), _UNITS[-1])
    return f"{whole // size} {unit}"


def duration(seconds: float) -> str:
    """With a tenth where that is a part that counts: `0.4 s`, `41 s`, `12 m`."""
    return f"{seconds:.1f} s" if seconds < 10 else span(seconds)


def ago(then: datetime | None, now: datetime) -> str:
    if then is None:
        return "never"
    seconds = (now - then).total_seconds()
    return "just now" if seconds < 1 else f"{span(seconds)} ago"


def shown(then: datetime, now: datetime, *, absolute: bool) -> str:
    return rfc3339(then) if absolute else ago(then, now)


def ahead(then: datetime | None, now: datetime) -> str:
    if then is None:
        return "-"
    seconds = ceil((then - now).total_seconds())
    return "now" if seconds <= 0 else f"in {span(seconds)}"


def ahead_of(end: Moment, now: datetime) -> datetime:
    """When something ends that lasts until then; BadUsage where that is over."""
    at = end.ahead(now)
    if at < now:
        raise BadUsage(f"--until {at:%Y-%m-%d %H:%M} UTC is in the past")
    return at
