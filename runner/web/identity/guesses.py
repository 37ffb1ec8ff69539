"""Bounds how often somebody may guess a secret: from one address, beginning with the same characters, and all together."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from runner.errors import TooManyGuesses

MOST = 10  # wrong ones
SECONDS = 60.0
MOST_OF_ALL = 300  # wrong ones from everywhere, in the time below
SECONDS_OF_ALL = 600.0
ALL = "from everywhere"
KEPT = 4096  # addresses and beginnings; the oldest are forgotten
PREFIX = 12  # characters of a secret: `drift_` and a few of the random ones
NOTED = 60  # audit entries an hour, whoever guesses
HOUR = 3600.0


@dataclass
class Guesses:
    _wrong: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)  # count, and since when
    _noted: tuple[int, float] = (0, 0.0)
    _lock: Lock = field(default_factory=Lock)

    def refuse_more(self, *keys: str, most: int | None = None) -> None:
        """TooManyGuesses while one of these has used up its guesses."""
        most = MOST if most is None else most
        now = monotonic()
        with self._lock:
            for key in keys:
                count, since = self._wrong.get(key, (0, now))
                bound, seconds = (MOST_OF_ALL, SECONDS_OF_ALL) if key == ALL else (most, SECONDS)
                if count >= bound and now - since < seconds:
                    raise TooManyGuesses(seconds=int(seconds - (now - since)) + 1)

    def wrong(self, *keys: str) -> bool:
        """Count a wrong one. Whether to put it on record: the first of an address, and never very many."""
        now = monotonic()
        with self._lock:
            first = [self._count(key, now) == 1 for key in keys]
            return first[0] and self._may_note(now)

    def _count(self, key: str, now: float) -> int:
        count, since = self._wrong.pop(key, (0, now))
        if now - since >= (SECONDS_OF_ALL if key == ALL else SECONDS):
            count, since = 0, now
        self._wrong[key] = (count + 1, since)
        while len(self._wrong) > KEPT:
            self._wrong.popitem(last=False)
        return count + 1

    def _may_note(self, now: float) -> bool:
        count, since = self._noted
        if now - since >= HOUR:
            count, since = 0, now
        self._noted = (count + 1, since)
        return count < NOTED


def keys_of(address: str, secret: str) -> tuple[str, str, str]:
    return f"from {address}", f"as {secret[:PREFIX]}", ALL
