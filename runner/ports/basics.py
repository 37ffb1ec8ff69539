"""Clock, disk space, memory, and requests to stop."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class Disk(Protocol):
    def shortage(self) -> str | None:
        """Why no new work may start, if the data directory is short of space; else None."""
        ...


class Memory(Protocol):
    """In bytes; None if the system does not report it."""

    def available(self) -> int | None:
        """How much processes can use without swapping."""
        ...

    def total(self) -> int | None: ...


class Cancel(Protocol):
    """Whether a person asked to stop; waits without polling. `threading.Event` satisfies it."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...
