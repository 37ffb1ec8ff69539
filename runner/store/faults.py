"""SQLite's errors as errors that a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import DatabaseBusy, DatabaseRefused, DatabaseUnwritable, DriftlineError

# The errors of reading a corrupted value.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)

BUSY_TIMEOUT = 10.0

_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }
)
_FULL = "database or disk is full"  # as SQLite says it elsewhere
_TAKEN = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def restore_hint(path: Path) -> str:
    """How to replace a database with a backup. A leftover journal is a part of it, and would be replayed into the backup."""
    return (
        f"stop the daemon, then   mv {path} {path}.broken;"
        f" for s in journal wal shm; do mv {path}-$s {path}.broken-$s 2>/dev/null; done;"
        f" cp BACKUP {path}; driftline db check"
    )


def refused(path: Path, problem: str) -> DatabaseRefused:
    return DatabaseRefused(path=path, problem=problem, hint=restore_hint(path))


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way."""
    return _primary(error) in _TAKEN


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as errors that a person can act on; an error in our own SQL stays as it is."""
    try:
        yield
    except sqlite3.Error as error:
        meant = _meaning(path, error)
        if meant is None:
            raise
        raise meant from error


def _meaning(path: Path, error: sqlite3.Error) -> DriftlineError | None:
    primary = _primary(error)
    if primary in _BROKEN:
        return refused(path, str(error))
    if primary in _UNWRITABLE:
        return DatabaseUnwritable(path=path, problem=_FULL if _is_full(error) else str(error))
    if primary in _TAKEN:
        return busy(path)
    return None


def _is_full(error: sqlite3.Error) -> bool:
    """The first that opens a database with a WAL needs 32 KiB beside it."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_SHMSIZE


def busy(path: Path) -> DatabaseBusy:
    return DatabaseBusy(path=path, seconds=f"{BUSY_TIMEOUT:g}")


def _primary(error: sqlite3.Error) -> int | None:
    """The error's code without its details; None if Python and not SQLite raised it."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
