"""A consistent copy of the database while others write. `cp` of a live database is not one."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from runner import failpoint
from runner.errors import BadUsage, DatabaseUnwritable
from runner.host.files import sync_file, sync_folder
from runner.store.faults import refused, translated_errors


def copy(connection: sqlite3.Connection, target: Path) -> None:
    """Write a checked copy to the target: under a temporary name, made durable, then renamed into place."""
    _refuse_itself(connection, target)
    _refuse_wal_of_another(target)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        # SQLite accepts an empty file, so that the copy is never readable by others.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with translated_errors(target):
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        _refuse_broken(unfinished)
        sync_file(unfinished)
        failpoint.reach("backup.before_rename")
        unfinished.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise DatabaseUnwritable(path=target, problem=error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _refuse_itself(connection: sqlite3.Connection, target: Path) -> None:
    source = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    if target.exists() and target.samefile(source):
        raise BadUsage(f"{target} is the database itself", hint="driftline db backup FILE")


def _refuse_wal_of_another(target: Path) -> None:
    wal = Path(f"{target}-wal")
    if wal.exists() and wal.stat().st_size:
        raise BadUsage(
            f"{wal} is there, of a database that had this name: whoever opens the copy would get its content",
            hint="driftline db backup FILE   with another name",
        )


def _refuse_broken(path: Path) -> None:
    check = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        problem = check.execute("PRAGMA integrity_check(1)").fetchone()[0]
    finally:
        check.close()
    if problem != "ok":
        raise refused(path, f"its copy is damaged: {problem}")
