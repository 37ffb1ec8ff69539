"""The daemon's dependencies."""

from collections.abc import Callable
from datetime import datetime

from runner.daemon.pools import Pools
from runner.model.forge.consumer import consumer_of
from runner.model.schedule.polling import PollMeasures
from runner.model.settings.server import Settings
from runner.model.values.frozen import dataclass
from runner.ports.cloud_events import ChangeQueue
from runner.ports.git import Trees
from runner.ports.inventory import Inventory
from runner.ports.trail import Trail
from runner.process.kept import Kept
from runner.service.cycle.notify import Notified
from runner.service.cycle.poll import Poller
from runner.service.forge.keep import AtForges
from runner.service.preview.look import Previewer
from runner.worker import Worker


@dataclass(frozen=True)
class Parts:
    """Rebuilt on reload."""

    settings: Settings
    poller: Poller
    previewer: Previewer
    worker: Worker
    trees: Trees
    slots: int
    measures: Callable[[], PollMeasures] = PollMeasures  # of polls
    looked: Callable[[], datetime | None] = lambda: None
    web: Kept | None = None
    notified: tuple[Notified, ...] = ()
    at_forges: AtForges | None = None
    inventory: Inventory | None = None
    pools: Pools | None = None
    trail: Trail | None = None  # where who caused drift is looked up
    queues: tuple[ChangeQueue, ...] = ()  # of changes that AWS reports

    @property
    def consumers(self) -> frozenset[str]:
        """Of the feed, beside the daemon's own."""
        at_forges = (consumer_of(one.name) for one in self.settings.sources if one.forge is not None)
        return frozenset((*at_forges, *(one.consumer for one in self.notified)))
