"""What an installation has written: every row of its database and every file of its data directory."""

import sqlite3
from collections.abc import Container
from contextlib import closing
from pathlib import Path

DEFINITIONS = frozenset({"definitions"})  # stack files, as they stand in Git


def rows_of(database: Path, *, but: Container[str] = DEFINITIONS) -> str:
    """Every row, but for those of some tables."""
    with closing(sqlite3.connect(database)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(
            str(row)
            for table in tables
            if table not in but
            for row in opened.execute(f"SELECT * FROM {table}")
        )


def files_of(data_dir: Path, *, but: Container[str] = frozenset()) -> dict[Path, bytes]:
    """Every file but the managed states with their copies, and what has one of these names at the top."""
    found = {path.relative_to(data_dir): path for path in data_dir.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if name.parts[0] not in but and not _of_state(name)
    }


def _of_state(name: Path) -> bool:
    return name.parts[0] == "workspaces" and name.parts[2] in {"state", "backups"}
