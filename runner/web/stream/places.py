"""How many streams there are: each holds a connection, and a look now and then."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from runner.errors import TooManyFollowers

MOST = 300
MOST_OF_ONE = 30  # a person with many tabs, or a program with one name on many hosts


@dataclass
class Places:
    """Of events and logs together. Used on the event loop only."""

    _taken: Counter[str] = field(default_factory=Counter)

    def refuse_more(self, name: str) -> None:
        """TooManyFollowers, before the answer begins."""
        if self._taken.total() >= MOST or self._taken[name] >= MOST_OF_ONE:
            own = self._taken[name] >= MOST_OF_ONE
            raise TooManyFollowers(who=name if own else "all clients", most=MOST_OF_ONE if own else MOST)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """TooManyFollowers where many asked at once: none of them had a place yet when each was let in."""
        self.refuse_more(name)
        self._taken[name] += 1
        try:
            yield
        finally:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]
