"""What the running daemon notes for those who look from other processes.

Each in a folder of its own: the web server's confinement can open a folder to it, but no file that is replaced.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.host.files import private_folder, read_foreign, write_whole

_LARGEST = 1 << 16


class DaemonNote:
    """It counts only for the daemon that wrote it: one that was killed leaves the file behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def write(self, said: Mapping[str, Any]) -> None:
        """The log has it too, should the disk be full."""
        with suppress(OSError):
            private_folder(self._file.parent)
            write_whole(self._file, json.dumps({**said, "pid": os.getpid()}).encode(), durable=False)

    def clear(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def of(self, daemon: int | None) -> dict[str, Any] | None:
        """None as well for a file that this daemon did not write, or that cannot be read."""
        try:
            known = json.loads(read_foreign(self._file, _LARGEST))
        except (OSError, ValueError):
            return None
        mine = isinstance(known, dict) and daemon is not None and known.get("pid") == daemon
        return known if mine else None
