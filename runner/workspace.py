"""The directories a run executes in. Satisfies `ports.Workspaces` in the data directory.

workspaces/<stack>/data        TF_DATA_DIR, kept from run to run
workspaces/<stack>/state       the managed state, and copies of it from before each apply
workspaces/<stack>/salvage     what an apply could not save
runs/<run>                     HOME, TMPDIR and output files of one run
logs/run-<run>.log
"""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from runner.errors import DiskFull, ModuleMissing
from runner.files import private_folder, write_whole
from runner.ports import Workspace

STATE = "terraform.tfstate"
BACKUPS_KEPT = 20
# terraform writes a local state in place: with three free pages it left invalid JSON, and an empty rescue copy.
ROOM_FOR_APPLY = 256 << 20
ROOM_FOR_STATES = 20


class LocalWorkspaces:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> Workspace:
        own = private_folder(self.data_dir / "workspaces" / slug(stack))
        return Workspace(
            module=_module(stack, tree, module_path),
            data=private_folder(own / "data"),
            scratch=private_folder(self._scratch(run)),
            state=private_folder(own / "state") / STATE if managed_state else None,
        )

    def backup_state(self, workspace: Workspace, run: int) -> None:
        """Copy every managed state of the stack aside; DiskFull where an apply could destroy it."""
        if workspace.state is None:
            return
        folder = workspace.state.parent
        states = list(_states(folder))
        _require_room(folder, sum(state.stat().st_size for state in states), run)
        for state in states:
            name = "-".join(state.relative_to(folder).parts[1:-1])
            copies = private_folder(folder / "backups" / name)
            write_whole(copies / f"{run:012d}.tfstate", state.read_bytes())
            for old in sorted(copies.glob("*.tfstate"))[:-BACKUPS_KEPT]:
                old.unlink(missing_ok=True)

    def discard(self, run: int) -> None:
        shutil.rmtree(self._scratch(run), ignore_errors=True)

    def log(self, run: int) -> Path:
        return private_folder(self.data_dir / "logs") / f"run-{run}.log"

    def remove_log(self, run: int) -> bool:
        path = self.log(run)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def _scratch(self, run: int) -> Path:
        return self.data_dir / "runs" / str(run)


def slug(stack: str) -> str:
    """A folder's name that tells the stack and that no other stack has: `a/b` and `a-b` differ."""
    readable = re.sub(r"[^a-z0-9._-]", "-", stack.lower())[:64].lstrip(".-") or "stack"
    return f"{readable}-{hashlib.sha256(stack.encode()).hexdigest()[:10]}"


def _module(stack: str, tree: Path, module_path: str) -> Path:
    """The module's folder, which must be a real one inside the tree."""
    root = tree.resolve()
    module = (root / module_path).resolve()
    straight = root.joinpath(*(part for part in module_path.split("/") if part not in {"", "."}))
    if module != straight or not module.is_relative_to(root) or not module.is_dir():
        raise ModuleMissing(stack=stack, path=module_path)
    return module


def _states(folder: Path) -> Iterator[Path]:
    """The state of the default workspace and those of others, as the local backend lays them out."""
    yield from (path for path in (folder / STATE,) if path.is_file())
    yield from sorted(folder.glob(f"terraform.tfstate.d/*/{STATE}"))


def _require_room(folder: Path, size: int, run: int) -> None:
    wanted = max(ROOM_FOR_APPLY, ROOM_FOR_STATES * size)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise DiskFull(folder=folder, free=free, wanted=wanted, run=f"run-{run}")
