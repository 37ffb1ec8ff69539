"""What is to go with a folder should nobody be left to end it: processes, and folders elsewhere."""

import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from runner.host.descendants import started_at
from runner.host.files import write_whole

NOTE = "process"  # a file in the folder, which no run can write to


def note(folder: Path, pids: Iterable[int], beside: Iterable[Path] = ()) -> None:
    content = {"pids": [[pid, started_at(pid)] for pid in pids], "folders": [str(one) for one in beside]}
    write_whole(folder / NOTE, json.dumps(content).encode(), durable=False)


def end_noted(folder: Path) -> None:
    """A pid may have been given to another process since, which then started later."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads((folder / NOTE).read_bytes())
        for pid, began in content["pids"]:
            if began is not None and started_at(pid) == began:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        from shutil import rmtree  # archives of all kinds come with it

        for path in content["folders"]:
            rmtree(path, ignore_errors=True)
