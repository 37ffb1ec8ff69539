"""The schema of the database: found, compared and upgraded in one transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from runner import failpoint
from runner.errors import DatabaseRefused
from runner.store.backup import copy
from runner.store.faults import refused
from runner.store.migrations import STEPS

APPLICATION_ID = 0x44524654  # "DRFT", which `file` shows and which distinguishes our files


def version() -> int:
    return len(STEPS)


def ensure(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to this schema, or raise DatabaseRefused if it is not ours or is newer."""
    if _found(connection, path) == version():
        return
    _copy_aside(connection, path)
    _upgrade(connection, path)


def same(connection: sqlite3.Connection) -> bool:
    """Whether the schema is still ours; another process may have upgraded it meanwhile."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == version())


def objects(connection: sqlite3.Connection) -> dict[str, str]:
    """Every table, index and trigger with its text."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'")
    return {f"{kind} {name}": text for kind, name, text in rows}


def fresh() -> dict[str, str]:
    """The objects of a new database."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _upgrade(memory, Path(":memory:"))
        return objects(memory)
    finally:
        memory.close()


def _found(connection: sqlite3.Connection, path: Path) -> int:
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)").fetchone()[0]
    if mark != APPLICATION_ID and not (mark == 0 and empty):
        raise refused(path, "it is a database of another program")
    if found > version():
        raise DatabaseRefused(
            path=path,
            problem=f"it was written by a newer version of Driftline (schema {found}; this version supports {version()})",
            hint=f"pip install --upgrade driftline   or go back to the copy made before: ls {path}.before-*",
        )
    return found


def _copy_aside(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found:
        copy(connection, Path(f"{path}.before-{found + 1}"))


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """All pending steps and the schema number in one transaction: the old or the new one, never between."""
    import sqlite_utils

    migrations = sqlite_utils.Migrations("driftline")
    for name, script in STEPS:
        migrations(name=name)(lambda database, script=script: database.executescript(script))
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _found(connection, path) < version():
            migrations.apply(sqlite_utils.Database(connection, strict=True, execute_plugins=False))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version()}")
            failpoint.reach("migrate.before_commit")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
