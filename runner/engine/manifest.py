"""The list of modules that `init` leaves for the commands after it. Runs of the stack can write to it."""

import json
from pathlib import Path
from typing import Any

from runner.files import read_foreign

LARGEST = 64 << 20


def listed_modules(data: Path) -> list[dict[str, Any]]:
    """`Key`, `Source` and `Dir` of each. OSError, ValueError, KeyError or TypeError where that can not be told."""
    listed: list[dict[str, Any]] = json.loads(read_foreign(data / "modules" / "modules.json", LARGEST))[
        "Modules"
    ]
    return listed
