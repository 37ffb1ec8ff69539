"""The process that reads one large state, and answers on its output:

python -m runner.engine.state.process MEMORY plan|saved|objects FILE
"""

import json
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.engine.limits import limit_memory
from runner.host.files import LARGEST_STATE, read_foreign
from runner.model.inventory.state_object import SeenObjects, seen_in
from runner.model.values.codec import to_plain
from runner.model.values.frozen import dataclass

STATE = "tfstate"


@dataclass(frozen=True)
class StateMark:
    lineage: str = ""
    serial: int | None = None
    resources: int | None = None
    version: str = ""  # of the engine that wrote it


def state_in(plan_file: Path) -> StateMark:
    """A plan file is a zip with that state in it; unknown if it is encrypted, which OpenTofu supports."""
    try:
        with zipfile.ZipFile(plan_file) as archive:
            state = json.loads(archive.read(STATE))
        lineage, resources = str(state["lineage"]), _count(state["resources"])
        # In the place of a state that does not exist yet, the plan's own engine is named.
        version = str(state.get("terraform_version") or "") if lineage and resources else ""
        return StateMark(lineage, int(state["serial"]), resources, version)
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return StateMark()


def _count(resources: list[dict[str, Any]]) -> int:
    return sum(len(one["instances"]) for one in resources if one["mode"] == "managed")


def size_in(plan_file: Path) -> int:
    """The bytes of the state; zero if there is no such part."""
    try:
        with zipfile.ZipFile(plan_file) as archive:
            return archive.getinfo(STATE).file_size
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return 0


def saved_in(file: Path, limit: int = LARGEST_STATE) -> StateMark | None:
    """The state that an apply wrote; None if the file holds none."""
    try:
        state = json.loads(read_foreign(file, limit))
        return StateMark(str(state.get("lineage") or ""), int(state["serial"]))
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def objects_in(file: Path) -> SeenObjects | None:
    """None if it is not a state that can be read."""
    try:
        return seen_in(json.loads(read_foreign(file, LARGEST_STATE)))
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def main() -> None:
    memory, what, file = sys.argv[1:]
    limit_memory(int(memory))
    if what == "objects":
        json.dump(to_plain(objects_in(Path(file))), sys.stdout)
        return
    found = state_in(Path(file)) if what == "plan" else saved_in(Path(file))
    json.dump(None if found is None else asdict(found), sys.stdout)


if __name__ == "__main__":
    main()
