"""When somebody last asked for anything: kept as a file's time, since a look writes no record."""

import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from runner.host.files import PRIVATE_FILE

FILE = "looked"
NOTED_EVERY = 10.0  # seconds


class Looks:
    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FILE

    def note(self) -> None:
        """Of an installation that is there: looking makes none. Another user's file stays as it is."""
        with suppress(OSError):
            try:
                if abs(time.time() - self._file.stat().st_mtime) < NOTED_EVERY:
                    return
            except FileNotFoundError:
                os.close(os.open(self._file, os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE))
            os.utime(self._file, follow_symlinks=False)

    def last(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self._file.lstat().st_mtime, UTC)
        except OSError:
            return None
