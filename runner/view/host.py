"""What no record knows, measured once for one view."""

from collections.abc import Hashable, Mapping
from dataclasses import field
from datetime import datetime

from runner.model.schedule.polling import PollMeasures
from runner.model.settings.reload import RefusedReload
from runner.model.stack.lock import Leftover
from runner.model.values.frozen import dataclass
from runner.model.work.offers import BrokerProblem


@dataclass(frozen=True)
class Host:
    """`shortage` says why the disk has no room for new work; `memory` is what is available, in bytes."""

    now: datetime
    daemon: int | None = None  # its process id, while it runs
    shortage: str | None = None
    memory: int | None = None
    slots: int = 1
    answers: Mapping[str, datetime] = field(default_factory=dict)  # when each source last answered a poll
    measures: PollMeasures = field(default_factory=PollMeasures)
    leftovers: tuple[Leftover, ...] = ()
    refused: RefusedReload | None = None  # by the daemon that runs
    broker: BrokerProblem | None = None  # that the running daemon has with it

    @property
    def facts(self) -> tuple[Hashable, ...]:
        """Those that change a page at once: memory and slots may be a second old."""
        return (self.daemon, self.shortage, self.leftovers, self.refused, self.broker, *self.answers.items())
