"""Connections to the file: how each is opened, and the two kinds of transaction."""

import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.errors import DatabaseRefused
from runner.store import location
from runner.store import upgrade as schema
from runner.store.faults import BUSY_TIMEOUT, is_busy, refused, translated_errors
from runner.store.journal_mode import choose_journal

_PRAGMAS = (
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "trusted_schema = OFF",
    "mmap_size = 0",
    "cell_size_check = ON",
)
_ROUND = 3  # milliseconds


class Connections:
    """One file. Each thread has its own connection, which lives as long as the thread."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path.absolute()
        self._guard = threading.Lock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._watches: list[sqlite3.Connection] = []  # for `data_version`: at most one
        # A command ends without closing the database. Not at exit, when threads may still run.
        weakref.finalize(self, _close, self._connections, self._watches).atexit = False
        self.made = location.admit(self.path, create=create)
        self._identity = location.identity(self.path)
        try:
            with translated_errors(self.path):
                schema.ensure(self.connection(), self.path)
        except BaseException:
            self.close()
            raise

    def connection(self) -> sqlite3.Connection:
        """The connection of this thread."""
        thread = threading.current_thread()
        found = self._connections.get(thread)
        if found is None:
            found = self._open()
            with self._guard:
                self._close_of_ended_threads()
                self._connections[thread] = found
        return found

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """All reads inside see one moment; inside another transaction, that one's."""
        with translated_errors(self.path):
            self.refuse_replaced()
            connection = self.connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN DEFERRED")
            with self._undone_on_error(connection):
                yield connection
                connection.execute("COMMIT")

    @contextmanager
    def decision(self) -> Iterator[sqlite3.Connection]:
        """What is read inside stays true until the end: nobody else writes meanwhile.

        A transaction that only later becomes a writing one would fail at once when another process wrote.
        """
        with translated_errors(self.path):
            self.refuse_replaced()
            connection = self.connection()
            if connection.in_transaction:
                raise RuntimeError("this thread is already in a transaction")
            _begin(connection)
            with self._undone_on_error(connection):
                if not schema.same(connection):
                    raise DatabaseRefused(
                        path=self.path,
                        problem="another version of Driftline has changed its schema",
                        hint="systemctl restart driftline",
                    )
                yield connection
                connection.execute("COMMIT")

    def data_version(self) -> int:
        """A number that changes when any other connection, including those of this process, has written."""
        self.refuse_replaced()
        with translated_errors(self.path), self._guard:
            if not self._watches:
                self._watches.append(self._open())
            return int(self._watches[0].execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._guard:
            _close(self._connections, self._watches)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT,
            check_same_thread=False,  # only so that `close` can be called by another thread
        )
        try:
            with translated_errors(self.path):
                connection.row_factory = sqlite3.Row
                for pragma in _PRAGMAS:
                    connection.execute(f"PRAGMA {pragma}")
                choose_journal(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close_of_ended_threads(self) -> None:
        for thread in [thread for thread in self._connections if not thread.is_alive()]:
            self._connections.pop(thread).close()

    def refuse_replaced(self) -> None:
        """DatabaseRefused if the path leads to another file, or to none: its folder must not be touched."""
        if not self.path.parent.is_dir():
            raise DatabaseRefused(
                path=self.path,
                problem="its directory was moved or removed while it was open",
                hint=f"put {self.path.parent} back; a running daemon resumes automatically",
            )
        if location.identity(self.path) != self._identity:
            raise refused(self.path, "it was removed or replaced while it was open")

    @contextmanager
    def _undone_on_error(self, connection: sqlite3.Connection) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # SQLite rolls back by itself after some errors, such as a full disk.
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise


def _close(
    connections: dict[threading.Thread, sqlite3.Connection], watches: list[sqlite3.Connection]
) -> None:
    for connection in (*connections.values(), *watches):
        connection.close()
    connections.clear()
    watches.clear()


def _begin(connection: sqlite3.Connection) -> None:
    """Wait for the write lock, in short rounds.

    SQLite itself waits longer and longer between its tries, up to 100 ms, so that under load some starve.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT
    connection.execute(f"PRAGMA busy_timeout = {_ROUND}")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")
