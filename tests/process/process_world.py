"""Commands in a folder of the test, and waiting for conditions."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from typing import Any

from runner.process.run import Command, Step

# As the real escalation, but in the time of a test.
QUICK_STOP = (Step(SIGINT, 0.2), Step(SIGTERM, 0.2), Step(SIGKILL, None))
PATIENCE = 20.0


def shell(folder: Path, script: str, **fields: Any) -> Command:
    return command(folder, "/bin/sh", "-c", script, **fields)


def python(folder: Path, script: str, **fields: Any) -> Command:
    return command(folder, sys.executable, "-I", "-c", script, **fields)


def command(folder: Path, *argv: str, **fields: Any) -> Command:
    defaults: dict[str, Any] = {
        "cwd": folder,
        "env": {"PATH": os.defpath},
        "stdout": folder / "stdout",
        "stderr": folder / "stderr",
        "stop": QUICK_STOP,
    }
    return Command(argv=argv, **{**defaults, **fields})


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
