"""Points in time as people write them: a span from now, a date, or an exact time."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Self

from runner.model.values.frozen import dataclass
from runner.model.values.regex import regex
from runner.model.values.span import Seconds

_EXACT = regex(r"\d{4}-\d\d-\d\d(?P<time>[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII)
_DAY_ENDS = time(23, 59, 59)
LONGEST = Seconds(5200 * 604_800)  # a hundred years, which no calendar overflows
FORMS = "a duration such as 7d, a date such as 2026-12-24, or a time such as 2026-12-24T10:00:00Z"


@dataclass(frozen=True)
class Moment:
    """`2w`, `2026-12-24`, or RFC 3339; without an offset it is UTC."""

    span: timedelta | None
    at: datetime | None
    whole_day: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError with the expected format."""
        text = text.strip()
        if exact := _EXACT.fullmatch(text):
            try:
                at = datetime.fromisoformat(text.upper())
                at = at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
            except (ValueError, OverflowError):
                raise ValueError(f"no such date or time: {text!r}") from None
            return cls(None, at, whole_day=exact["time"] is None)
        try:
            span = Seconds.parse(text)
        except ValueError:
            raise ValueError(f"expected {FORMS}, got {text!r}") from None
        if span > LONGEST:
            raise ValueError(f"expected at most {LONGEST}, got {text!r}")
        return cls(timedelta(seconds=span), None)

    def since(self, now: datetime) -> datetime:
        """As the beginning of a past range: a span before now, or the first moment of a day."""
        return self.at if self.at is not None else now - (self.span or timedelta())

    def until(self, now: datetime) -> datetime:
        """As the end of a past range: a span before now, or the last moment of a day."""
        return self._last or self.since(now)

    def ahead(self, now: datetime) -> datetime:
        """As the end of a future range: a span from now, or the last moment of a day."""
        return self._last or self.at or now + (self.span or timedelta())

    @property
    def _last(self) -> datetime | None:
        return datetime.combine(self.at, _DAY_ENDS, UTC) if self.at is not None and self.whole_day else None


def end_of(length: timedelta | datetime, now: datetime) -> datetime:
    """The end of something that lasts this long, or until then."""
    return length if isinstance(length, datetime) else now + length
