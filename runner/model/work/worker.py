"""A worker of a pool, as the server knows it."""

from datetime import datetime, timedelta
from enum import StrEnum

from runner.model.values.frozen import dataclass
from runner.model.work.lease import SILENCE

NAMESAKE = timedelta(minutes=5)


class WorkerStatus(StrEnum):
    READY = "ready"
    STOPPING = "stopping"  # it takes nothing new, and waits for its runs
    STOPPED = "stopped"  # it said so, and was not heard since
    SILENT = "silent"


@dataclass(frozen=True)
class KnownWorker:
    """A worker that has said hello. `stops` says that it takes nothing new and leaves.

    `instance` is the host and data directory that it was heard from, and `namesake` when another one was refused under its name.
    """

    name: str
    pool: str
    release: str
    slots: int
    since: datetime
    seen: datetime
    stops: bool = False
    instance: str = ""
    namesake: datetime | None = None

    def status(self, now: datetime) -> WorkerStatus:
        away = now >= self.seen + SILENCE
        if self.stops:
            return WorkerStatus.STOPPED if away else WorkerStatus.STOPPING
        return WorkerStatus.SILENT if away else WorkerStatus.READY

    def is_there(self, now: datetime) -> bool:
        return self.status(now) in {WorkerStatus.READY, WorkerStatus.STOPPING}

    def is_another(self, instance: str) -> bool:
        """Than the one that says so. One that does not say is taken for the same."""
        return bool(self.instance and instance) and self.instance != instance

    def had_namesake(self, now: datetime) -> bool:
        """Lately: a second worker is refused again and again, for as long as it runs."""
        return self.namesake is not None and now - self.namesake < NAMESAKE
