"""A worker's own lines in the log of a run, between those of the engine."""

import os
from contextlib import suppress
from pathlib import Path

from runner.host.files import PRIVATE_FILE


def write_line(log: Path, line: str) -> None:
    """A log that cannot be written does not stop the run."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(OSError), os.fdopen(os.open(log, flags, PRIVATE_FILE), "w") as file:
        file.write(f"{line}\n")
