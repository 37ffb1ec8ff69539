"""Who performs the requests of an installation: one process at a time, whichever kind it is."""

from pathlib import Path
from typing import TextIO

from runner.datadir.daemon_lock import holder_of, say_ending, serving_daemon, staying_holder_of, taken

REQUESTS_LOCK_FILE = "requests.lock"


class RequestsLock:
    """The right to perform requests. It ends with the process, however that ends.

    `daemon` is the daemon's own lock, in the daemon.
    """

    def __init__(self, data_dir: Path, daemon: TextIO | None = None) -> None:
        self._path = data_dir / REQUESTS_LOCK_FILE
        self._file: TextIO | None = None
        self._daemon = daemon

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Whether this process has it now. It does not wait: whoever has it lets go when they have finished."""
        if self._file is None:
            self._file = taken(self._path)
        return self.held

    def resign(self) -> None:
        """Take no more requests, as everybody is told. It stays until `release`, for what was begun."""
        for held in (self._daemon, self._file):
            if held is not None:
                say_ending(held)

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def requests_taken(data_dir: Path) -> bool:
    """Whether somebody takes new requests, or is about to: a daemon that waits for the one before it."""
    staying = staying_holder_of(data_dir / REQUESTS_LOCK_FILE)
    return staying is not None or serving_daemon(data_dir) is not None


def requests_answered(data_dir: Path) -> bool:
    """Whether somebody may still answer what was taken."""
    return holder_of(data_dir / REQUESTS_LOCK_FILE) is not None or serving_daemon(data_dir) is not None
