"""Limits on how much of a foreign tree is read, and for how long."""

import errno
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.ports.basics import Cancel


class TooMuch(OSError):
    """A tree or a file exceeds its limits. An OSError, so that code that handles unreadable files handles it too."""

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(errno.EFBIG, problem, place or None)


class Canceled(TooMuch):
    """The caller no longer needs the result."""


@dataclass
class Budget:
    """The remaining budget; each method spends from it, and raises TooMuch when it is exhausted."""

    entries: int = 500_000
    depth: int = 100
    bytes: int = 4 << 30
    seconds: float = 60.0
    cancel: "Cancel | None" = None
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
        """Also before reading: a sparse file claims 8 TB and uses no space."""
        self.bytes -= count
        if self.bytes < 0:
            raise TooMuch(f"more than {self._max_bytes >> 20:,} MiB of content", place)
        self.tick(place)

    def tick(self, place: str = "") -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise Canceled("stopped on request", place)
        if time.monotonic() > self._ends:
            raise TooMuch(f"reading it takes longer than {self.seconds:g} s", place)
