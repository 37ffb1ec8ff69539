"""Where unwanted trees go: out of reach in one step, then removed piece by piece.

quarantine/<name>.<12 hex digits>   in the data directory; no run ever gets a path below it
"""

import os
import re
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from runner.foreign.budget import Budget, TooMuch
from runner.foreign.remove import remove
from runner.host.files import private_folder

FOLDER = "quarantine"
AT_ONCE = 10.0  # seconds for one tree, since a run's slot waits for it
LATER = 60.0  # the same in a retention pass, which continues with leftovers
ENTRIES = 2_000_000
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_WARNED: set[str] = set()
_GUARD = threading.Lock()


class Quarantine:
    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def discard(self, path: Path, *, first: Iterable[str] = ()) -> bool:
        """Move the tree away, and remove it; returns whether nothing of it is left.

        `first` are names of files that must not stay readable, whatever happens to the rest.
        """
        for name in first:
            with suppress(OSError):
                (path / name).unlink()
        aside = self.folder / f"{_UNFIT.sub('-', path.name)[:64]}.{secrets.token_hex(6)}"
        try:
            private_folder(self.folder)
            path.rename(aside)
        except FileNotFoundError:
            return True
        except OSError:
            aside = path  # on another disk, or where nothing can be written: in its place
        return self._remove(aside, AT_ONCE)

    def clear(self) -> tuple[Path, ...]:
        """Continue with earlier leftovers; returns what is still left."""
        return tuple(path for path in self.left() if not self._remove(path, LATER))

    def left(self) -> tuple[Path, ...]:
        try:
            return tuple(sorted(self.folder.iterdir()))
        except OSError:
            return ()

    def _remove(self, path: Path, seconds: float) -> bool:
        try:
            gone, problem = (
                remove(path, Budget(entries=ENTRIES, seconds=seconds)),
                "something in it cannot be removed",
            )
        except TooMuch as error:
            gone, problem = False, str(error.strerror)
        except OSError as error:
            gone, problem = False, str(error)
        if not gone:
            _warn_once(path, problem)
        return gone


def _warn_once(path: Path, problem: str) -> None:
    with _GUARD:
        new = os.fspath(path) not in _WARNED
        _WARNED.add(os.fspath(path))
    if new:
        from runner.host.log import log

        log.warning("quarantine.left", place=str(path), problem=problem)
