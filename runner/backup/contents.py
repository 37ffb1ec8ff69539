"""What of a data directory belongs in a backup, and what can be made again without one."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runner.model.values.frozen import dataclass

# Only Driftline's own files; states, which runs write, are read by `runner.datadir.managed_state`.
KEPT: dict[str, str] = {
    "artifacts": "plans that wait for an answer, what was approved, and what is to be masked; encrypted",
    "state-versions": "earlier versions of managed states; encrypted",
    "receipts": "which plans were handed to an apply, so that none is once more",
    "reports": "drift reports as files",
    "logs": "what runs said, without secrets",
}
OF_A_STACK: dict[str, str] = {
    "backups": "copies of managed states from before each apply",
    "salvage": "states that an apply could not save",
}
MADE_AGAIN: dict[str, str] = {
    "mirrors": "fetched from the remotes",
    "trees": "exported from the mirrors",
    "packs": "cut from the mirrors, for workers",
    "askpass": "how git asks for credentials",
    "engine": "providers, installed by `init`",
    "engines": "installed again by `driftline engine install`",
    "keys": "in a file of their own",
    "claims": "locks of living processes",
    "control": "of runs under way",
    "runs": "of runs under way",
    "probe": "of checks under way, and recordings of earlier ones",
    "web": "of requests under way",
    "work": "of runs under way, on a worker",
    "incoming": "of runs under way, on a worker",
    "broker": "whether it can be reached",
    "reload": "whether the daemon refused the configuration",
    "trials": "of plans that are only tried",
    "quarantine": "on its way out",
}
CHECKPOINTS, CONFIG = "checkpoints.jsonl", "config.yaml"


@dataclass(frozen=True)
class Kept:
    """A file, by its name in the backup."""

    name: str
    path: Path


def kept_files(data_dir: Path) -> Iterator[Kept]:
    """The files that exist now; one that disappears meanwhile is just not included."""
    for folder in KEPT:
        yield from _below(data_dir, data_dir / folder)
    for stack in _folders(data_dir / "workspaces"):
        for folder in OF_A_STACK:
            yield from _below(data_dir, stack / folder)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except FileNotFoundError:
        return []


def _below(data_dir: Path, kept: Path) -> Iterator[Kept]:
    for folder, names, files in os.walk(kept):
        names.sort()
        for name in sorted(files):
            path = Path(folder) / name
            # A leading dot marks an unfinished file.
            if not name.startswith(".") and _is_file(path):
                yield Kept(str(path.relative_to(data_dir)), path)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
