"""Since when workers could be heard: one that called while nobody listened was not silent."""

from datetime import datetime, timedelta

from runner.model.values.frozen import dataclass

_DIFFERS = timedelta(seconds=5)  # both clocks are read one after the other, on a host that may be busy


@dataclass(frozen=True)
class Hearing:
    """`since` the daemon runs, or since its clock was moved; `at` and `ticks` are when it last looked, by both clocks."""

    since: datetime
    at: datetime
    ticks: float

    @classmethod
    def begun(cls, now: datetime, ticks: float) -> "Hearing":
        return cls(now, now, ticks)

    def looked(self, now: datetime, ticks: float) -> "Hearing":
        """A clock that was set, or a host that was suspended, makes everybody silent for as long as it jumped."""
        jumped = abs((now - self.at) - timedelta(seconds=ticks - self.ticks)) > _DIFFERS
        return Hearing(now if jumped else self.since, now, ticks)
