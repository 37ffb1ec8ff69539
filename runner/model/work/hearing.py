"""Since when the server has been listening: a worker that called before that was not silent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from runner.model.values.frozen import dataclass
from runner.model.work.lease import BEAT_SECONDS, SILENCE

_BEAT = timedelta(seconds=BEAT_SECONDS)
_DIFFERS = timedelta(seconds=5)  # both clocks are read one after the other, on a host that may be busy


@dataclass(frozen=True)
class Hearing:
    """`since` the server is back, or its clock was moved, if it was; `at` and `ticks` are when it last looked, by both clocks.

    `web` is the process that listened to workers then, if there was one.
    """

    since: datetime | None
    at: datetime
    ticks: float
    web: int | None = None

    @classmethod
    def begun(cls, now: datetime, ticks: float, heard: Iterable[datetime]) -> "Hearing":
        """For a daemon that starts. If any worker was `heard` a moment ago, somebody has been listening all along."""
        away = all(now - one >= SILENCE for one in heard)
        return cls(now if away else None, now, ticks)

    def looked(self, now: datetime, ticks: float) -> "Hearing":
        """After a clock was set or the host was suspended, every worker seems silent for as long as the clock jumped."""
        jumped = abs((now - self.at) - timedelta(seconds=ticks - self.ticks)) > _DIFFERS
        return Hearing(now if jumped else self.since, now, ticks, self.web)

    def listened(self, web: int | None, heard: Iterable[datetime]) -> "Hearing":
        """While no process listens, and when another one has taken its place, nobody can be blamed for their silence: unless
        somebody was `heard` a moment ago, so that others could have been.
        """
        kept_out = web is None or web != self.web
        unheard = all(self.at - one >= _BEAT for one in heard)
        return replace(self, since=self.at if kept_out and unheard else self.since, web=web)
