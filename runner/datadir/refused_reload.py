"""The reload that the running daemon refused, for those who look from other processes.

In a folder of its own: the web server's confinement can open this folder to it, but no file that is replaced.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from runner.errors import DriftlineError
from runner.host.files import private_folder, read_foreign, write_whole
from runner.model.settings.reload import RefusedReload
from runner.ports.basics import Clock

FOLDER = "reload"
_LARGEST = 1 << 16


class RefusedReloads:
    """It counts only for the daemon that wrote it: one that was killed leaves the file behind."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FOLDER / "refused.json"

    @contextmanager
    def noted(self, clock: Clock) -> Iterator[None]:
        """Around a reload: what refused it, until one succeeds. The log has it too, should the disk be full."""
        try:
            yield
        except DriftlineError as error:
            with suppress(OSError):
                self._note(RefusedReload.because(error, clock.now()))
            raise
        self.clear()

    def clear(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def of(self, daemon: int | None) -> RefusedReload | None:
        """None as well for a file that this daemon did not write, or that cannot be read."""
        try:
            known = json.loads(read_foreign(self._file, _LARGEST))
            if daemon is None or known["pid"] != daemon:
                return None
            at = datetime.fromisoformat(known["at"])
            return RefusedReload(at, tuple(map(str, known["problems"])), str(known["hint"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _note(self, refused: RefusedReload) -> None:
        known = {
            "pid": os.getpid(),
            "at": refused.at.isoformat(),
            "problems": refused.problems,
            "hint": refused.hint,
        }
        private_folder(self._file.parent)
        write_whole(self._file, json.dumps(known).encode(), durable=False)
