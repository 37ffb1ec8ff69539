"""Readers of one process take turns with the writers of others."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Readers join those that are there already for so long. Then the next ones wait until nobody reads.
JOIN_SECONDS = 0.01


class Turns:
    """Of one process.

    POSIX locks belong to a process. Where one of its threads reads, SQLite lets another one read without asking
    whether a process elsewhere waits to write (`unixLock` in os_unix.c), so that threads whose reads overlap would
    keep that process waiting for ever.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reading = 0
        self._began = 0.0

    @contextmanager
    def taken(self, seconds: float) -> Iterator[None]:
        """TimeoutError where others read for longer than that."""
        with self._changed:
            if not self._changed.wait_for(self._open, seconds):
                raise TimeoutError
            if not self._reading:
                self._began = time.monotonic()
            self._reading += 1
        try:
            yield
        finally:
            with self._changed:
                self._reading -= 1
                if not self._reading:
                    self._changed.notify_all()

    def _open(self) -> bool:
        return not self._reading or time.monotonic() - self._began < JOIN_SECONDS
