"""The event feed for those who follow it: one look at the database serves all of them, however many they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anyio import CapacityLimiter, to_thread

from runner.errors import DriftlineError
from runner.host.log import log
from runner.model.events.feed import FeedEvent
from runner.ports.records.store import Store

EVERY_SECONDS = 0.2
AT_ONCE = 100  # events read in one look
BEHIND = 256  # events that wait for a client; one that is further behind has to come back


@dataclass(eq=False)
class Follower:
    """`position` is the newest event when it came: it is given every later one, until it falls behind."""

    position: int = 0
    _waiting: asyncio.Queue[FeedEvent | None] = field(default_factory=lambda: asyncio.Queue(BEHIND))

    def give(self, event: FeedEvent) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def next(self, seconds: float) -> FeedEvent | None:
        """None once it is given nothing more; TimeoutError."""
        async with asyncio.timeout(seconds):
            return await self._waiting.get()


class Feed:
    """Looks only while somebody follows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._followers: set[Follower] = set()
        self._look: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._position = 0

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[Follower]:
        follower = Follower()
        self._followers.add(follower)
        try:
            if self._look is None:
                self._look = asyncio.create_task(self._look_on())
            await self._begun.wait()
            follower.position = self._position
            yield follower
        finally:
            self._followers.discard(follower)

    def after(self, position: int) -> list[FeedEvent]:
        with self._store.reading() as reader:
            return reader.events(position, None, AT_ONCE)

    def head(self) -> int:
        with self._store.reading() as reader:
            return reader.events_head()

    async def _look_on(self) -> None:
        # A thread of its own: others may all be busy.
        limiter, mark = CapacityLimiter(1), None
        try:
            self._position = await to_thread.run_sync(self.head, limiter=limiter)
            self._begun.set()
            while self._followers:
                now = await to_thread.run_sync(self._store.changed_since, mark, limiter=limiter)
                more = now != mark
                mark = now
                while more:
                    events = await to_thread.run_sync(self.after, self._position, limiter=limiter)
                    self._give(events)
                    more = len(events) == AT_ONCE
                await asyncio.sleep(EVERY_SECONDS)
        except DriftlineError as error:
            log.warning("web.feed_ended", problem=error.message)
        finally:
            self._look = None
            self._begun.set()  # who waits for the begin finds the end
            self._begun.clear()
            for follower in self._followers:
                follower.end()

    def _give(self, events: list[FeedEvent]) -> None:
        for event in events:
            for follower in self._followers:
                follower.give(event)
            self._position = event.id
