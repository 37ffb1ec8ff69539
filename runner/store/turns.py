"""Threads of one process that use the file one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Of the readers of a process, or of its writers.

    POSIX locks belong to a process. Where one of its threads reads, SQLite lets another one read without asking
    whether a process elsewhere waits to write (`unixLock` in os_unix.c), so that threads whose reads overlap would
    keep that process waiting for ever. Python runs one thread at a time anyway: together they would not be faster,
    and a writer would wait for all of them.
    """

    def __init__(self) -> None:
        self._one = threading.Lock()

    @contextmanager
    def taken(self, seconds: float) -> Iterator[None]:
        """TimeoutError where others take longer than that."""
        if not self._one.acquire(timeout=seconds):
            raise TimeoutError
        try:
            yield
        finally:
            self._one.release()
