"""The directories a run executes in. Satisfies `ports.Workspaces` in the data directory.

workspaces/<stack>/data        TF_DATA_DIR, kept from run to run
workspaces/<stack>/state       the managed state
workspaces/<stack>/backups     copies of it from before each apply
workspaces/<stack>/salvage     what an apply could not save
runs/<run>                     HOME, TMPDIR and output files of one run
control/<run>                  what is told of it, and asked of it: a run may write to its scratch folder, and not here
logs/run-<run>.log
receipts/<stack and digest>.json   one for each plan that was ever handed to terraform
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from runner.errors import DiskFull, ModuleMissing
from runner.files import is_unfinished, private_folder, remove_abandoned, write_whole
from runner.managed_state import STATE, copy_aside, put_back_torn, size_of
from runner.ports import Workspace

PLACE = "workspace.json"
# terraform writes a local state in place: with three free pages it left invalid JSON, and an empty rescue copy.
ROOM_FOR_APPLY = 256 << 20
ROOM_FOR_STATES = 20
# Deep, where the depth is not one of a repository's choice.
_WRITTEN = (
    "*", "keys/*", "engine/*", "receipts/*", "artifacts/**/*", "reports/**/*", "trees/*/*", "workspaces/*/*",
    "workspaces/*/backups/**/*",
)  # fmt: skip


# Where states and plans lie in clear while they are written. A run may write there too, so nothing is followed deep.
_BESIDE_A_STATE = ("*", "backups/**/*", "state/*", "state/terraform.tfstate.d/*/*", "salvage/*")
_OF_A_PROBE = re.compile(r"[0-9a-f]{16}")


class LocalWorkspaces:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> Workspace:
        own = private_folder(self.data_dir / "workspaces" / slug(stack))
        workspace = Workspace(
            module=_module(stack, tree, module_path),
            data=private_folder(own / "data"),
            scratch=private_folder(self._scratch(run)),
            state=private_folder(own / "state") / STATE if managed_state else None,
            receipts=self.data_dir / "receipts",
            control=private_folder(self._control(run)),
            tree=tree,
        )
        paths = {name: path and str(path) for name, path in asdict(workspace).items()}
        write_whole(workspace.control / PLACE, json.dumps(paths).encode(), durable=False)
        return workspace

    def reopen(self, run: int, stack: str) -> Workspace:
        """As `prepare` noted it; where that is gone, without the module's folder and the state."""
        scratch, control = private_folder(self._scratch(run)), private_folder(self._control(run))
        receipts = self.data_dir / "receipts"
        try:
            paths = json.loads((control / PLACE).read_bytes())
        except (OSError, ValueError):
            own = self.data_dir / "workspaces" / slug(stack)
            return Workspace(scratch, own / "data", scratch, None, receipts, control)
        return Workspace(
            module=Path(paths["module"]),
            data=Path(paths["data"]),
            scratch=scratch,
            state=Path(paths["state"]) if paths["state"] else None,
            receipts=receipts,
            control=control,
            tree=Path(paths["tree"]) if paths.get("tree") else None,
        )

    def backup_state(self, workspace: Workspace, run: int) -> None:
        """Copy every managed state of the stack aside; DiskFull where an apply could destroy it."""
        if workspace.state is None:
            return
        folder = workspace.state.parent
        _require_room(folder, size_of(folder), run)
        copy_aside(folder, _copies(folder), run)

    def put_back_torn_states(self, workspace: Workspace, run: int) -> tuple[Path, ...]:
        """Terraform empties a local state before it writes it, so a kill in between leaves nothing of it."""
        if workspace.state is None:
            return ()
        folder = workspace.state.parent
        return put_back_torn(folder, _copies(folder), run)

    def unsaved_states(self, stack: str) -> tuple[Path, ...]:
        return tuple(sorted((self.data_dir / "workspaces" / slug(stack) / "salvage").glob("*.tfstate")))

    def put_away(self, state: Path) -> None:
        state.replace(state.with_name(f"{state.name}.pushed"))

    def discard(self, run: int) -> None:
        for folder in (self._scratch(run), self._control(run)):
            shutil.rmtree(folder, ignore_errors=True)

    def forget_init(self, stack: str) -> None:
        shutil.rmtree(self.data_dir / "workspaces" / slug(stack) / "data", ignore_errors=True)

    def scratches(self) -> list[int]:
        found = (path.name for place in ("runs", "control") for path in (self.data_dir / place).glob("*"))
        return sorted({int(name) for name in found if name.isascii() and name.isdigit()})

    def clear_stack(self, stack: str) -> None:
        """Of the whole stack, whichever run it was: who still writes a file has it locked."""
        own = self.data_dir / "workspaces" / slug(stack)
        for place in _BESIDE_A_STATE:
            for path in own.glob(place):
                remove_abandoned(path)

    def clear_probes(self) -> None:
        for folder in (self.data_dir / "probe").glob("*"):
            if _OF_A_PROBE.fullmatch(folder.name) is not None:
                # Another process may remove it at the same time.
                with suppress(OSError):
                    _remove_if_free(folder)

    def log(self, run: int) -> Path:
        return private_folder(self.data_dir / "logs") / f"run-{run}.log"

    def remove_log(self, run: int) -> bool:
        path = self.log(run)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def remove_unfinished(self, before: datetime) -> int:
        """Only where Driftline itself writes: in a tree or a module the same name is somebody's own."""
        found = (path for place in _WRITTEN for path in self.data_dir.glob(place) if is_unfinished(path))
        left = [path for path in found if path.stat().st_mtime < before.timestamp()]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _scratch(self, run: int) -> Path:
        return self.data_dir / "runs" / str(run)

    def _control(self, run: int) -> Path:
        return self.data_dir / "control" / str(run)


def _remove_if_free(folder: Path) -> None:
    """A probe keeps the folder locked for as long as it goes on."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)


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


def _copies(folder: Path) -> Path:
    """Beside the folder of the states, since a run may write into that one."""
    return folder.with_name("backups")


def _require_room(folder: Path, size: int, run: int) -> None:
    wanted = max(ROOM_FOR_APPLY, ROOM_FOR_STATES * size)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise DiskFull(folder=folder, free=free, wanted=wanted, run=f"run-{run}")
