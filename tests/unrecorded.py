"""Records as an earlier version left them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from runner.store.database import FILE_NAME


def forget_authors(data_dir: Path) -> None:
    """Plans whose authors were not recorded."""
    with closing(sqlite3.connect(data_dir / FILE_NAME)) as database, database:
        database.execute("UPDATE run_details SET behind = NULL")
