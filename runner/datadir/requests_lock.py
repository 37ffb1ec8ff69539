"""Who performs the requests of an installation: one process at a time, whichever kind it is."""

from pathlib import Path
from typing import TextIO

from runner.datadir.daemon_lock import holder_of, serving_daemon, taken

REQUESTS_LOCK_FILE = "requests.lock"


class RequestsLock:
    """The right to perform requests. It ends with the process, however that ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / REQUESTS_LOCK_FILE
        self._file: TextIO | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Whether this process has it now. It does not wait: whoever has it lets go when they have finished."""
        if self._file is None:
            self._file = taken(self._path)
        return self.held

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def requests_answered(data_dir: Path) -> bool:
    """Whether somebody performs requests now, or is about to: a daemon that waits for the one before it."""
    return holder_of(data_dir / REQUESTS_LOCK_FILE) is not None or serving_daemon(data_dir) is not None
