"""How much of a foreign tree is looked at, and for how long."""

import errno
import time
from dataclasses import dataclass, field

from runner.ports.basics import Cancel


class TooMuch(OSError):
    """A tree or a file exceeds its bounds. An OSError, so that whoever expects an unreadable file expects this too."""

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(errno.EFBIG, problem, place or None)


class Canceled(TooMuch):
    """Whoever asked does not want to know any more."""


@dataclass
class Budget:
    """What is left to spend; each of the methods spends, and raises TooMuch where nothing is left."""

    entries: int = 500_000
    depth: int = 100
    bytes: int = 4 << 30
    seconds: float = 60.0
    cancel: Cancel | None = None
    _ends: float = field(init=False, default=0.0)
    _max_bytes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.seconds
        self._max_bytes = self.bytes

    def entry(self, place: str = "") -> None:
        self.entries -= 1
        if self.entries < 0:
            raise TooMuch("too many files and folders", place)
        self.tick(place)

    def level(self, depth: int, place: str = "") -> None:
        if depth > self.depth:
            raise TooMuch(f"folders nested deeper than {self.depth} levels", place)

    def read(self, count: int, place: str = "") -> None:
        """Also before anything is read: a sparse file tells 8 TB and takes no room."""
        self.bytes -= count
        if self.bytes < 0:
            raise TooMuch(f"more than {self._max_bytes >> 20:,} MiB of content", place)
        self.tick(place)

    def tick(self, place: str = "") -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise Canceled("stopped on request", place)
        if time.monotonic() > self._ends:
            raise TooMuch(f"reading it takes longer than {self.seconds:g} s", place)
