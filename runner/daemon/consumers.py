"""Everything that reads the feed: the journal, which the daemon delivers to itself, and threads for notifications and forges."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from runner.daemon.channels import Deliveries, looks
from runner.daemon.every import Every
from runner.daemon.forges import kept_at_forges
from runner.daemon.journal import Journal
from runner.daemon.parts import Parts
from runner.daemon.suspects import suspects_look
from runner.ports.basics import Clock
from runner.ports.feed import Consumer
from runner.ports.records.store import Store
from runner.service.cycle.feed import deliver
from runner.service.cycle.notify import begin_notifying
from runner.service.forge.commands import Perform
from runner.service.forge.keep import Kept

LOOK_SECONDS = 1.0  # how often the daemon's own get what is new


class Consumers:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        attempt: Callable[[str, Callable[[], None]], None],
        in_comments: Perform,
    ) -> None:
        """`in_comments` does what people ask for at forges."""
        self._store, self._clock, self._attempt, self._in_comments = store, clock, attempt, in_comments
        self._own: tuple[Consumer, ...] = (Journal(),)
        self._deliveries = Deliveries(attempt)
        self._at_forges: Mapping[str, Kept] = {}  # by source

    def turn_to(self, parts: Parts) -> None:
        """New ones start here; those no longer configured hold no event back."""
        self._at_forges = kept_at_forges(
            self._store, self._clock, parts.settings.sources, parts.at_forges, self._in_comments
        )
        forges = {one.name: one.look for one in self._at_forges.values()}
        with self._store.writing() as writer:
            writer.forget_consumers(but=parts.consumers.union(one.name for one in self._own))
        begin_notifying(self._store, parts.notified)
        self.deliver_all()
        self._deliveries.turn_to(
            looks(self._store, self._clock, parts.notified) | forges | suspects_look(parts)
        )

    def schedule(self, scheduler: Any) -> None:
        for consumer in self._own:
            name = f"deliver to {consumer.name}"
            work = partial(self._deliver, consumer)
            scheduler.add_job(self._attempt, Every(LOOK_SECONDS), args=(name, work), id=name)

    def read_forge_soon(self, source: str) -> None:
        if source in self._at_forges:
            self._at_forges[source].read_soon()

    def deliver_all(self) -> None:
        for consumer in self._own:
            self._deliver(consumer)

    def _deliver(self, consumer: Consumer) -> None:
        while deliver(self._store, self._clock, consumer):
            pass

    def close(self) -> None:
        """The daemon's own get the rest; what hangs does not."""
        self._attempt("deliver", self.deliver_all)
        self._deliveries.close()
