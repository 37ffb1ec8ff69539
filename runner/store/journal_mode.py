"""How commits become durable: a WAL only if SQLite does not corrupt it, otherwise a rollback journal."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from runner.errors import DatabaseRefused
from runner.store import waiting
from runner.store.faults import is_busy

# Zeroing the header of a persistent journal is as durable as unlinking it (one more fdatasync, seen with
# strace), and spares the file system so much work that eight contending processes commit a third more.
_ROLLBACK = "persist"
_JOURNAL_STAYS_BELOW = 4 * 1024 * 1024


def has_wal_fix(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix for the bug that corrupts a database when its WAL is reset."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def choose_journal(connection: sqlite3.Connection, path: Path) -> None:
    fixed = has_wal_fix(sqlite3.sqlite_version_info)
    # A new connection looks at the file before it knows its mode.
    mode = waiting.execute(connection, "PRAGMA journal_mode")
    if fixed or mode == "wal":
        mode = _changed(connection, mode, "wal" if fixed else _ROLLBACK)
    if mode != "wal":
        mode = _persistent(connection, mode)
    if mode == "wal" and not fixed:
        raise DatabaseRefused(
            path=path,
            problem=f"another process uses it in WAL mode, which SQLite {sqlite3.sqlite_version} may corrupt",
            hint=f"stop the other process (fuser -v {path}), or use the same Python for both",
        )
    # EXTRA also makes the unlinking of a journal durable, should the mode be DELETE after all.
    connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_STAYS_BELOW}")


def _changed(connection: sqlite3.Connection, mode: str, wanted: str) -> str:
    """From or to a WAL: the mode as before while another connection exists, and on a read-only disk."""
    try:
        changed: str = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
    except sqlite3.OperationalError:
        return mode
    return changed


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
