"""A connection that reads only for so long, in one of two ways: a writer waits for whoever holds the file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runner.errors import ReadTooLong

_STEPS = 10_000  # of SQLite's virtual machine, between two looks at the clock: about a millisecond
_SURE_FOR = 0.005  # seconds; whoever goes on with what is out of date works in vain


class Moved(Exception):
    """Somebody wrote meanwhile, so that what was read is of two moments."""


class LimitedConnection(sqlite3.Connection):
    writers_wait = True  # while it holds the file; with a WAL nobody does
    _seconds: float | None = None
    _end: float | None = None
    _glance: _Glance | None = None

    @property
    def reads(self) -> bool:
        """Whether it is in a transaction or a glance."""
        return self.in_transaction or self._glance is not None

    @contextmanager
    def reading_for(self, seconds: float | None) -> Iterator[None]:
        """The file is held throughout: ReadTooLong from a statement that takes longer, and from all that come later."""
        with self._limited(seconds):
            self._end = None if seconds is None else self._charged() + seconds
            yield

    @contextmanager
    def glancing_for(self, seconds: float | None) -> Iterator[None]:
        """The file is held by one statement at a time; Moved if somebody wrote between the first and the last one.

        ReadTooLong from a statement that holds it for longer, and from all that come after so much work of this
        thread: while it waits for the processor or for a writer, nobody waits for it.
        """
        with self._limited(seconds):
            glance = self._glance = _Glance(self._version(), time.thread_time(), time.monotonic())
            try:
                yield
            except Exception as error:
                if self._version() != glance.version:
                    raise Moved from error
                raise
            else:
                self._refuse_moved(glance)
            finally:
                self._glance = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if self._glance is not None:
            self._go_on(self._glance)
        elif self._over():
            raise self._late()
        return super().execute(sql, parameters)

    @contextmanager
    def _limited(self, seconds: float | None) -> Iterator[None]:
        self._seconds = seconds
        if seconds is not None:
            self.set_progress_handler(self._over, _STEPS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if (
                getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT
            ):  # Python itself raises some
                raise
            raise self._late() from error
        finally:
            self._seconds = self._end = None
            self.set_progress_handler(None, 0)

    def _go_on(self, glance: _Glance) -> None:
        """With the next statement, whose time begins."""
        now = time.monotonic()
        if now - glance.sure_at > _SURE_FOR:
            self._refuse_moved(glance)
            glance.sure_at = now
        if self._seconds is not None and time.thread_time() - glance.began > self._seconds:
            raise self._late()
        self._end = None

    def _refuse_moved(self, glance: _Glance) -> None:
        if self._version() != glance.version:
            raise Moved

    def _version(self) -> int:
        """Another number once another connection has written."""
        self._end = None
        return int(super().execute("PRAGMA data_version").fetchone()[0])

    def _over(self) -> bool:
        """SQLite asks while a statement works. That of a glance begins when it has the file."""
        now = self._charged()
        if self._end is None and self._glance is not None and self._seconds is not None:
            self._end = now + self._seconds
        return self._end is not None and now > self._end

    def _charged(self) -> float:
        """The time for which a writer may have to wait, or only the work of this thread where none has to."""
        return time.monotonic() if self.writers_wait else time.thread_time()

    def _late(self) -> ReadTooLong:
        return ReadTooLong(seconds=f"{self._seconds:g}")


class _Glance:
    """`began` is in seconds of the thread's work. `sure_at` is when its version was looked at last."""

    def __init__(self, version: int, began: float, sure_at: float) -> None:
        self.version, self.began, self.sure_at = version, began, sure_at
