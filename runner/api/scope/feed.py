"""Events, by the stacks that they name."""

from collections.abc import Collection
from datetime import datetime

from runner.api.scope.seen import PAGE, Seen
from runner.model.events.feed import Cursor, DeadLetter, FeedEvent
from runner.model.events.text import stacks_of


class SeenFeed(Seen):
    def events(self, after: int, topics: Collection[str] | None = None, limit: int = 100) -> list[FeedEvent]:
        found: list[FeedEvent] = []
        while page := self.whole.events(after, topics, max(limit, PAGE)):
            found += filter(self._shows, page)
            after = page[-1].id
            if len(found) >= limit:
                break
        return found[:limit]

    def newest_events(
        self,
        topics: Collection[str],
        stack: str | None,
        limit: int,
        after: int = 0,
        before: int | None = None,
    ) -> list[FeedEvent]:
        found: list[FeedEvent] = []
        asked = max(limit, PAGE)
        while page := self.whole.newest_events(topics, stack, asked, after, before):
            found = [*filter(self._shows, page), *found]
            before = page[0].id
            if len(found) >= limit or len(page) < asked:
                break
        return found[-limit:] if limit else []

    def _shows(self, event: FeedEvent) -> bool:
        """Of its stack, under each name that it says; what belongs to no stack belongs to who sees all."""
        names = stacks_of(event)
        return bool(names) and all(map(self.sees, names))

    def events_head(self) -> int:
        return self.whole.events_head()

    def cursors(self) -> list[Cursor]:
        return self.whole.cursors()

    def cursor(self, consumer: str) -> Cursor | None:
        return self.whole.cursor(consumer)

    def waiting(self, after: int, topics: Collection[str]) -> tuple[int, datetime | None]:
        return self.whole.waiting(after, topics)

    def dead_letters(self, consumer: str | None = None) -> list[DeadLetter]:
        return [letter for letter in self.whole.dead_letters(consumer) if self._shows(letter.event)]
