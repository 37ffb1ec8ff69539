"""A connection that reads only for so long: whoever holds a snapshot keeps every writer waiting."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runner.errors import ReadTooLong

_STEPS = 10_000  # of SQLite's virtual machine, between two looks at the clock: about a millisecond


class LimitedConnection(sqlite3.Connection):
    _seconds = 0.0
    _end: float | None = None

    @contextmanager
    def reading_for(self, seconds: float | None) -> Iterator[None]:
        """ReadTooLong from a statement that takes longer, and from every one that comes later."""
        if seconds is None:
            yield
            return
        self._seconds, self._end = seconds, time.monotonic() + seconds
        self.set_progress_handler(self._over, _STEPS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise self._late() from error
        finally:
            self._end = None
            self.set_progress_handler(None, 0)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if self._over():
            raise self._late()
        return super().execute(sql, parameters)

    def _over(self) -> bool:
        return self._end is not None and time.monotonic() > self._end

    def _late(self) -> ReadTooLong:
        return ReadTooLong(seconds=f"{self._seconds:g}")
