"""Polls that webhooks ask for: at once, unless the source was polled for one a moment ago."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from runner.ports.records.store import Store

PAUSE_SECONDS = 5.0  # a push is several webhooks, and nobody needs it faster


@dataclass
class Wakes:
    """`start` runs something on another thread. A crash loses none: every source is polled at a start."""

    store: Store
    poll: Callable[[str], None]
    start: Callable[[Callable[[], None]], object]
    now: Callable[[], float] = time.monotonic
    _wanted: set[str] = field(default_factory=set)
    _from: dict[str, float] = field(default_factory=dict)  # when a source may be polled for one again

    def look(self) -> None:
        """What came since the last look."""
        with self.store.reading() as reader:
            if not reader.wakes():
                return
        with self.store.writing() as writer:
            self._wanted |= writer.take_wakes()

    def begin_due(self) -> None:
        for source in [one for one in self._wanted if self.now() >= self._from.get(one, 0.0)]:
            self._wanted.discard(source)
            # Until then: what comes while it is polled may be news that this poll misses.
            self._from[source] = float("inf")
            self.start(partial(self._poll, source))

    def _poll(self, source: str) -> None:
        try:
            self.poll(source)
        finally:
            self._from[source] = self.now() + PAUSE_SECONDS
