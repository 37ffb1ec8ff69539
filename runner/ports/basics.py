"""Time, room, and a person's wish to stop."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class Disk(Protocol):
    def shortage(self) -> str | None:
        """Why nothing new may be started, where too little is free under the data directory."""
        ...


class Memory(Protocol):
    """In bytes; None where the system does not tell."""

    def available(self) -> int | None:
        """What processes can have without swapping."""
        ...

    def total(self) -> int | None: ...


class Cancel(Protocol):
    """Says whether a person asked to stop; waits without polling. `threading.Event` satisfies it."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...
