"""Waiting for a lock of the file, in short rounds."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from runner.store.faults import BUSY_TIMEOUT, is_busy

_ROUND = 3  # milliseconds


def execute(connection: sqlite3.Connection, sql: str) -> Any:
    """Execute a statement that takes a lock; the first value that it returns.

    SQLite itself waits longer and longer between its tries, up to 100 ms, so that under load some starve; a writer
    that waits for readers to end would keep all others out while it sleeps.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT
    connection.execute(f"PRAGMA busy_timeout = {_ROUND}")
    try:
        while True:
            try:
                row = connection.execute(sql).fetchone()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
            else:
                return None if row is None else row[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")
