"""The store of an installation that is not set up yet: it lists nothing, and creates nothing."""

from __future__ import annotations

import atexit
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from runner.store.database import SqliteStore

if TYPE_CHECKING:
    from runner.ports.basics import Clock


def empty_store(clock: Clock) -> SqliteStore:
    folder = TemporaryDirectory(prefix="driftline-empty-")
    atexit.register(folder.cleanup)
    return SqliteStore(Path(folder.name), clock)
