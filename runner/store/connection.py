"""Connections to the file: how each is opened, and the kinds of transaction."""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from runner.errors import DatabaseRefused
from runner.store import location, waiting
from runner.store import upgrade as schema
from runner.store.faults import BUSY_TIMEOUT, busy, refused, translated_errors
from runner.store.journal_mode import BoundedWal, choose_journal, mark_in_use, refuse_unsafe_wal
from runner.store.limited import LimitedConnection
from runner.store.turns import Turns

_PRAGMAS = (
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "trusted_schema = OFF",
    "mmap_size = 0",
    "cell_size_check = ON",
)
_OPEN: weakref.WeakSet[Connections] = weakref.WeakSet()


class Connections:
    """One file. Each thread has its own connection, which lives as long as the thread."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path.absolute()
        self.longest_read: float | None = None  # in seconds, for each snapshot or glance
        self.writers_wait = True  # for whoever reads
        self._pragmas: tuple[str, ...] = _PRAGMAS
        self._guard = threading.Lock()
        self._watching = threading.Lock()
        self._readers = Turns()
        self._writers = Turns()  # those that wait for the file ask for it again and again: one at a time
        self._connections: dict[threading.Thread, LimitedConnection] = {}
        self._watches: list[LimitedConnection] = []  # for `data_version`: at most one
        self._wal = BoundedWal(self.path)
        self._marks: list[int] = []  # that it is in use: at most one
        self._left: ExitStack
        # A command ends without closing the database. Not at exit, when threads may still run: see `leave`.
        weakref.finalize(self, _close, self._connections, self._watches, self._marks).atexit = False
        _OPEN.add(self)
        self.made = location.admit(self.path, create=create)
        self._identity = location.identity(self.path)
        try:
            with translated_errors(self.path):
                if (mark := mark_in_use(self.path)) is not None:
                    self._marks.append(mark)
                schema.ensure(self.connection(), self.path)
        except BaseException:
            self.close()
            raise

    def connection(self) -> LimitedConnection:
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
    def snapshot(self) -> Iterator[LimitedConnection]:
        """All reads inside see one moment; inside another transaction, that one's."""
        with translated_errors(self.path):
            self.refuse_replaced()
            connection = self.connection()
            if connection.reads:
                yield connection
                return
            with self._turn():
                connection.execute("BEGIN DEFERRED")
                with self._undone_on_error(connection):
                    waiting.execute(connection, "PRAGMA schema_version")  # from here on it is one moment
                    with connection.reading_for(self.longest_read):
                        yield connection
                    connection.execute("COMMIT")

    @contextmanager
    def glance(self) -> Iterator[LimitedConnection]:
        """As a snapshot, but a writer waits for one statement and not for what is made of it; Moved where one wrote."""
        with translated_errors(self.path):
            self.refuse_replaced()
            connection = self.connection()
            if connection.reads:
                yield connection
                return
            with self._turn(), connection.glancing_for(self.longest_read):
                yield connection

    @contextmanager
    def decision(self) -> Iterator[sqlite3.Connection]:
        """What is read inside stays true until the end: nobody else writes meanwhile.

        A transaction that only later becomes a writing one would fail at once when another process wrote.
        """
        with translated_errors(self.path):
            self.refuse_replaced()
            connection = self.connection()
            if connection.reads:
                raise RuntimeError("this thread is already in a transaction")
            with self._taken(self._writers):
                waiting.execute(connection, "BEGIN IMMEDIATE")
                with self._undone_on_error(connection):
                    if not schema.same(connection):
                        raise DatabaseRefused(
                            path=self.path,
                            problem="another version of Driftline has changed its schema",
                            hint="systemctl restart driftline",
                        )
                    refuse_unsafe_wal(connection, self.path)
                    yield connection
                    waiting.execute(connection, "COMMIT")
                if not self.writers_wait:
                    self._wal.keep(connection)

    def data_version(self) -> int:
        """A number that changes when any other connection, including those of this process, has written."""
        self.refuse_replaced()
        with translated_errors(self.path), self._turn(), self._watching:
            if not self._watches:
                self._watches.append(self._open())
            return int(waiting.execute(self._watches[0], "PRAGMA data_version"))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """To read. A thread that reads already has it, and would wait for itself."""
        if self.connection().reads:
            yield
            return
        with self._taken(self._readers):
            yield

    @contextmanager
    def _taken(self, turns: Turns) -> Iterator[None]:
        with ExitStack() as left:
            try:
                left.enter_context(turns.taken(BUSY_TIMEOUT))
            except TimeoutError:
                raise busy(self.path) from None
            yield

    def make_no_files(self) -> None:
        """Sort in memory what is large too. SQLite looks for a folder for such files before Python can name one."""
        with self._watching, self._guard:
            _close(self._connections, self._watches, [])  # it stays in use
        self._pragmas = (*_PRAGMAS, "temp_store = MEMORY")

    def close(self) -> None:
        with self._watching, self._guard:
            _close(self._connections, self._watches, self._marks)

    def leave(self) -> None:
        """At the end of the process, unless a thread still uses a connection: it must not be closed then."""
        with suppress(TimeoutError), ExitStack() as turns:
            turns.enter_context(self._readers.taken(0))
            turns.enter_context(self._writers.taken(0))
            self._left = turns.pop_all()  # nobody begins anything any more
            self.close()

    def _open(self) -> LimitedConnection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw{'&immutable=1' if location.cannot_change(self.path) else ''}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT,
            factory=LimitedConnection,
            check_same_thread=False,  # only so that `close` can be called by another thread
        )
        try:
            with translated_errors(self.path):
                connection.row_factory = sqlite3.Row
                for pragma in self._pragmas:
                    connection.execute(f"PRAGMA {pragma}")
                choose_journal(connection, self.path)
                self.writers_wait = connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal"
                connection.writers_wait = self.writers_wait
        except BaseException:
            connection.close()
            raise
        return connection

    def _close_of_ended_threads(self) -> None:
        for thread in [thread for thread in self._connections if not thread.is_alive()]:
            self._connections.pop(thread).close()

    def refuse_replaced(self) -> None:
        """DatabaseRefused if the path leads to another file, or to none: its folder must not be touched."""
        if location.identity(self.path) == self._identity:
            return
        if not self.path.parent.is_dir():
            raise DatabaseRefused(
                path=self.path,
                problem="its directory was moved or removed while it was open",
                hint=f"put {self.path.parent} back; a running daemon resumes automatically",
            )
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
    connections: dict[threading.Thread, LimitedConnection], watches: list[LimitedConnection], marks: list[int]
) -> None:
    for connection in (*connections.values(), *watches):
        connection.close()
    connections.clear()
    watches.clear()
    while marks:
        os.close(marks.pop())


@atexit.register
def _leave() -> None:
    """So that the last process brings what its WAL holds into the file, and removes it."""
    for connections in list(_OPEN):
        connections.leave()
