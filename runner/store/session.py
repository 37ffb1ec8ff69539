"""Shared by all parts of the store: rows in, rows out, one moment in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.store.rows import Value


class Session:
    """One transaction. `now` is its time, the same for everything that it writes."""

    def __init__(self, connection: sqlite3.Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def end(self) -> None:
        """Outside its transaction a write would be a separate one: from here on every use is an error."""
        del self._connection

    def _all(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Value) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def _do(self, sql: str, *values: Value) -> int:
        """Returns how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def _insert(self, table: str, row: Mapping[str, Value]) -> int:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names come from the code
        return self._connection.execute(sql, tuple(row.values())).lastrowid or 0

    def _update(self, table: str, row: Mapping[str, Value], where: Mapping[str, Value]) -> int:
        """Returns how many rows matched."""
        new = ", ".join(f"{name} = ?" for name in row)
        old = " AND ".join(f"{name} = ?" for name in where)
        sql = f"UPDATE {table} SET {new} WHERE {old}"  # noqa: S608 - names come from the code
        return self._connection.execute(sql, (*row.values(), *where.values())).rowcount

    def _upsert(self, table: str, row: Mapping[str, Value], key: str) -> None:
        """Insert the row, or set its columns in the row that has this key."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        new = ", ".join(f"{name} = excluded.{name}" for name in row)
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {new}"  # noqa: S608
        self._connection.execute(sql, tuple(row.values()))
