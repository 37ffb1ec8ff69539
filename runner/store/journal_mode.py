"""How commits become durable: a WAL only if SQLite does not corrupt it, otherwise a rollback journal.

It changes over only while nobody else has the database open, in whichever process. SQLite itself lets it change while
others have the file open and do nothing, as they hold no lock then. One with an older SQLite would go on with a WAL
that it may corrupt, and the confined web server can make none of a WAL's files.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from runner.errors import DatabaseRefused, DatabaseUnwritable
from runner.store import waiting
from runner.store.faults import BUSY_TIMEOUT, busy, is_busy

# Zeroing the header of a persistent journal is as durable as unlinking it (one more fdatasync, seen with
# strace), and spares the file system so much work that eight contending processes commit a third more.
_ROLLBACK = "persist"
_JOURNAL_STAYS_BELOW = 4 * 1024 * 1024
# The file's header says how it is journaled (https://www.sqlite.org/fileformat.html#the_database_header).
_VERSIONS, _OF_ROLLBACK, _OF_WAL = slice(18, 20), b"\x01\x01", b"\x02\x02"
_HEADER_OF_WAL = 32
_WAL_STAYS_BELOW = 4 * _JOURNAL_STAYS_BELOW
_READERS_END_WITHIN = 1.0  # second
_PAUSE = 0.005  # seconds


def has_wal_fix(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix for the bug that corrupts a database when its WAL is reset."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def may_use_wal() -> bool:
    return has_wal_fix(sqlite3.sqlite_version_info)


def mark_in_use(path: Path) -> int | None:
    """A descriptor that tells others, while it is open, that this process has the database open; whoever is the first
    changes over. None where no file can be made, as on a read-only disk.

    The file is read by its owner alone, so that no run can lock it as well.
    """
    try:
        flags = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        mark = os.open(f"{path}.lock", flags, 0o600)
    except OSError:
        return None
    try:
        if _locked(mark, fcntl.LOCK_EX):
            _give_to_owner(mark, path)
            change_over(path)
        _share(mark, path)
    except BaseException:
        os.close(mark)
        raise
    return mark


def _share(mark: int, path: Path) -> None:
    """Whoever changes over takes a moment."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while not _locked(mark, fcntl.LOCK_SH):
        if time.monotonic() > deadline:
            raise busy(path)
        time.sleep(_PAUSE)


def _locked(mark: int, kind: int) -> bool:
    try:
        fcntl.flock(mark, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _give_to_owner(mark: int, path: Path) -> None:
    """As SQLite does with its files, where root is the first to use the database of another user."""
    if os.geteuid() == 0:
        with suppress(OSError):
            owner = path.stat()
            os.fchown(mark, owner.st_uid, owner.st_gid)


def change_over(path: Path) -> None:
    """To a WAL, if this SQLite may use one. Nobody has the file open: closing it drops this process's locks on it."""
    try:
        with path.open("rb") as file:
            versions = file.read(_VERSIONS.stop)[_VERSIONS]
        if versions == _OF_ROLLBACK:
            _put_aside(Path(f"{path}-wal"))
    except OSError as error:
        raise DatabaseUnwritable(path=path, problem=error.strerror or str(error)) from error
    if versions == _OF_WAL or not may_use_wal():
        return
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection,
        suppress(sqlite3.OperationalError),  # on a full disk it stays as it is
    ):
        connection.execute("PRAGMA journal_mode = wal")


def _put_aside(wal: Path) -> None:
    """A WAL beside a file that has none belongs to another one, in whose place this copy was put: SQLite would replay it
    into the copy.
    """
    with suppress(FileNotFoundError):
        if wal.stat().st_size > _HEADER_OF_WAL:
            from runner.host.log import log

            aside = wal.rename(f"{wal}.replaced")
            log.warning("database.replaced", wal=str(aside))


def choose_journal(connection: sqlite3.Connection, path: Path) -> None:
    # A new connection looks at the file before it knows its mode.
    mode = waiting.execute(connection, "PRAGMA journal_mode")
    if mode == "wal" and not may_use_wal():
        mode = _left_wal(connection)
    if mode != "wal":
        mode = _persistent(connection, mode)
    refuse_unsafe_wal(connection, path)
    # EXTRA also makes the unlinking of a journal durable, should the mode be DELETE after all.
    connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_STAYS_BELOW}")


def refuse_unsafe_wal(connection: sqlite3.Connection, path: Path) -> None:
    """DatabaseRefused if the file has a WAL by now, and this SQLite may corrupt it."""
    if not may_use_wal() and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        raise DatabaseRefused(
            path=path,
            problem=f"another process uses it in WAL mode, which SQLite {sqlite3.sqlite_version} may corrupt",
            hint=f"use the same Python for both (fuser -v {path}), and restart both",
        )


def _left_wal(connection: sqlite3.Connection) -> str:
    """SQLite lets nobody leave it while another connection exists, or on a read-only disk."""
    try:
        mode: str = connection.execute(f"PRAGMA journal_mode = {_ROLLBACK}").fetchone()[0]
    except sqlite3.OperationalError:
        return "wal"
    return mode


def _persistent(connection: sqlite3.Connection, mode: str) -> str:
    """An error while the file is locked, and never another mode: a commit would remove the journal, which the confined
    web server cannot make again.
    """
    try:
        persistent: str = waiting.execute(connection, f"PRAGMA journal_mode = {_ROLLBACK}")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise
        return mode  # on a read-only disk
    return persistent


class BoundedWal:
    """Where somebody reads at every moment, SQLite never begins a WAL anew, so that it grows without end.

    Whoever has committed then waits for those who read, as with a rollback journal after each commit. Others may begin
    to read meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._file = f"{path}-wal"
        self._limit = _WAL_STAYS_BELOW

    def keep(self, connection: sqlite3.Connection) -> None:
        """After a commit, which has succeeded whatever happens here. A reader that takes long is not waited for again
        before it has grown by as much once more.
        """
        with suppress(OSError, sqlite3.Error):
            size = os.stat(self._file).st_size  # noqa: PTH116 - after each commit
            if size > self._limit:
                self._limit = size + _WAL_STAYS_BELOW
                connection.execute(f"PRAGMA busy_timeout = {_READERS_END_WITHIN * 1000:.0f}")
                try:
                    busy = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]
                finally:
                    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")
                if not busy:
                    self._limit = _WAL_STAYS_BELOW
