"""The store of an installation that is not set up yet: it lists nothing, and creates nothing."""

import atexit
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.ports.basics import Clock
from runner.store.database import SqliteStore


def empty_store(clock: Clock) -> SqliteStore:
    folder = TemporaryDirectory(prefix="driftline-empty-")
    atexit.register(folder.cleanup)
    return SqliteStore(Path(folder.name), clock)
