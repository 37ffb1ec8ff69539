"""Programs in place of engines that a machine does not have, in folders by name and version as version managers lay them."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from recorded.recording import HERE

SCRIPT = """\
#!{python} -IS
import sys
sys.path.insert(0, {beside!r})
from recorded.play import main
main({recording!r}, {version!r}, {folder!r})
"""
Place = list[str | int]


class Players:
    """`folder/terraform/1.15.9/terraform`, `folder/tofu/1.12.6/tofu`, ..."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, engine: str, version: str, scenario: str = "create") -> Path:
        """The program. A version that was not recorded says what the newest one before it said.

        Without a scenario it plays the one that the file `scenario` of each root module names.
        """
        plays = nearest(engine, version)
        program = self.folder / engine / version / engine
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(
            SCRIPT.format(
                python=sys.executable,
                beside=str(self.folder),
                recording=f"{engine}/{plays}/{scenario}",
                version=version,
                folder=str(program.parent),
            )
        )
        program.chmod(0o755)
        self._bring(f"{engine}-{plays}")
        return program

    def _bring(self, recordings: str) -> None:
        """Beside the programs: a confined run sees the folder of its test, and need not see this one."""
        own = self.folder / HERE.name
        if not (own / recordings).exists():
            shutil.copytree(HERE / recordings, own / recordings)
            for module in HERE.glob("*.py"):
                shutil.copy(module, own)

    def every(self, engine: str) -> str:
        """The pattern of all its versions, for `binaries`."""
        return f"{self.folder}/{engine}/*/{engine}"


def versions(engine: str) -> list[str]:
    """Those that were recorded, the oldest first."""
    return sorted((path.name.partition("-")[2] for path in HERE.glob(f"{engine}-*")), key=_numbers)


def nearest(engine: str, version: str) -> str:
    known = versions(engine)
    return ([known[0]] + [one for one in known if _numbers(one) <= _numbers(version)])[-1]


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version.partition("-")[0])]


def edit(program: Path, *changes: tuple[Place, Any], exit_code: int | None = None) -> None:
    """From now on the document of its plan has these values at these places, and an apply ends with this exit code."""
    edits = {"document": changes, "apply": exit_code}
    (program.parent / "edit.json").write_text(json.dumps(edits))


def calls(program: Path) -> list[dict[str, Any]]:
    """Each call: its `argv`, the names in its `env`, its `cwd`, and the content of `files` that it named.

    A run that is confined cannot note any.
    """
    noted = program.parent / "calls.jsonl"
    return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []
