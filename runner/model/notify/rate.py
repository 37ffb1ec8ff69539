"""How many messages a notification may send in a period, such as `10/h`."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from runner.model.values.frozen import dataclass

_PERIODS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_RATE = re.compile(r"([1-9][0-9]{0,2})/([mhd])")


@dataclass(frozen=True)
class Rate:
    count: int
    period: timedelta

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """ValueError with the expected format."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError("expected a rate such as 10/h, from 1/d to 999/m")
        return cls(int(match[1]), _PERIODS[match[2]])

    def recent(self, sent: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """The messages that count. Later times than now are of a clock that has gone back since: they are ignored."""
        return tuple(at for at in sent if now - self.period < at <= now)[-self.count :]

    def left(self, sent: Sequence[datetime], now: datetime) -> int:
        """How many more messages may be sent now."""
        return self.count - len(self.recent(sent, now))
