"""A worker of a pool, as the server knows it."""

from datetime import datetime
from enum import StrEnum

from runner.model.values.frozen import dataclass
from runner.model.work.lease import SILENCE


class WorkerStatus(StrEnum):
    READY = "ready"
    STOPPING = "stopping"  # it takes nothing new, and waits for its runs
    STOPPED = "stopped"  # it said so, and was not heard since
    SILENT = "silent"


@dataclass(frozen=True)
class KnownWorker:
    """A worker that has said hello. `stops` says that it takes nothing new and leaves."""

    name: str
    pool: str
    release: str
    slots: int
    since: datetime
    seen: datetime
    stops: bool = False

    def status(self, now: datetime) -> WorkerStatus:
        away = now >= self.seen + SILENCE
        if self.stops:
            return WorkerStatus.STOPPED if away else WorkerStatus.STOPPING
        return WorkerStatus.SILENT if away else WorkerStatus.READY
