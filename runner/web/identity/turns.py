"""How many requests a caller has at a time: the slow ones of one keep no thread from the others."""

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from runner.errors import TooManyAtOnce

MOST = 24  # of the 40 threads that the server has
KEY = "driftline.turn"


@dataclass
class Turns:
    _taken: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def take(self, scope: MutableMapping[str, Any], name: str) -> None:
        """TooManyAtOnce if this request is one too many; who it is may be asked several times."""
        if KEY in scope:
            return
        with self._lock:
            if self._taken[name] >= MOST:
                raise TooManyAtOnce(who=name, most=MOST)
            self._taken[name] += 1
        scope[KEY] = name

    def leave(self, scope: MutableMapping[str, Any]) -> None:
        """It is answered, or has become a stream, which is counted elsewhere."""
        name, scope[KEY] = scope.get(KEY), None
        if name is None:
            return
        with self._lock:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]
