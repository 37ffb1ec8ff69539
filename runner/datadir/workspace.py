"""The directories a run executes in. Satisfies `ports.Workspaces` in the data directory.

workspaces/<stack>/data        TF_DATA_DIR, made anew for each command
workspaces/<stack>/sealed      copies of what `init` left, from which it is made; no run reaches them
workspaces/<stack>/made        what plans made beside the code of fetched modules, for their own applies
workspaces/<stack>/state       the managed state
workspaces/<stack>/backups     copies of it from before each apply
workspaces/<stack>/salvage     what an apply could not save
runs/<run>                     HOME and TMPDIR of one run, empty when its plan and when its apply begins
control/<run>                  what is told of it, and asked of it: a run may write to its scratch folder, and not here
logs/run-<run>.log
receipts/<stack and digest>.json   one for each plan that was ever handed to terraform
trials/<random>                all of this once more, for a plan that is only tried; beside it a file that says it is in use
quarantine/                    what could not be removed yet
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote as quote_word
from urllib.parse import quote

from runner.datadir.managed_state import (
    STATE,
    WORKSPACES,
    content_of,
    copy_aside,
    damaged,
    put_back_torn,
    replace_state,
    size_of,
)
from runner.errors import Conflict, DiskFull, ModuleMissing
from runner.foreign.quarantine import Quarantine
from runner.host.files import (
    PRIVATE_FOLDER,
    is_unfinished,
    private_folder,
    read_foreign,
    remove_abandoned,
    write_whole,
)
from runner.host.flock import alone, shared
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.stack.state_file import TornState
from runner.ports.engine import Workspace

PLACE = "workspace.json"
DATA = "data"
SEALED, MADE = "sealed", "made"  # as the engine names them
TRIALS, IN_USE = "trials", ".use"
UNUSED_FOR = timedelta(days=30)
LARGEST_PLACE = 1 << 20
# In clear; of the folders of a run these go first.
PLANS = ("plan.tfplan", "fresh.tfplan", "probe.tfplan", "show.jsonl")
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
        self.quarantine = Quarantine(data_dir)

    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> Workspace:
        own = private_folder(self.data_dir / "workspaces" / slug(stack))
        workspace = Workspace(
            module=_module(stack, tree, module_path),
            data=private_folder(own / DATA),
            scratch=self._fresh_scratch(run),
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
            paths = json.loads(read_foreign(control / PLACE, LARGEST_PLACE))
        except (OSError, ValueError):
            own = self.data_dir / "workspaces" / slug(stack)
            return Workspace(scratch, own / DATA, scratch, None, receipts, control)
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

    def put_back_torn_states(self, workspace: Workspace, run: int) -> tuple[TornState, ...]:
        """Terraform empties a local state before it writes it, so a kill in between leaves nothing of it."""
        if workspace.state is None:
            return ()
        folder = workspace.state.parent
        return put_back_torn(folder, _copies(folder), run)

    def damaged_states(self, stack: str) -> tuple[TornState, ...]:
        folder = self._states(stack)
        return tuple(damaged(folder, _copies(folder)))

    def state_file(self, stack: str, terraform_workspace: str) -> Path:
        folder, own = self._states(stack), _folder_of(terraform_workspace)
        return (folder / WORKSPACES / own if own else folder) / STATE

    def managed_state(self, stack: str, terraform_workspace: str) -> bytes | None:
        return content_of(self._states(stack), _folder_of(terraform_workspace))

    def put_state(self, stack: str, terraform_workspace: str, content: bytes, mark: str) -> Path | None:
        folder = self._states(stack)
        with self._marked(stack):
            return replace_state(folder, _copies(folder), _folder_of(terraform_workspace), content, mark)

    @contextmanager
    def trial(self) -> Iterator["LocalWorkspaces"]:
        with self._marked() as folder:
            try:
                yield LocalWorkspaces(private_folder(folder))
            finally:
                self.quarantine.discard(folder)

    @contextmanager
    def _marked(self, stack: str = "") -> Iterator[Path]:
        """A name for a folder, beside a file by which `clear_trials` sees that a process died here, and at whose state."""
        folder = private_folder(self.data_dir / TRIALS) / secrets.token_hex(8)
        use = folder.with_suffix(IN_USE)
        held = shared(use, timeout=10)
        os.write(held, stack.encode())
        try:
            yield folder
        finally:
            use.unlink()
            os.close(held)

    def unsaved_states(self, stack: str) -> tuple[Path, ...]:
        return tuple(sorted((self.data_dir / "workspaces" / slug(stack) / "salvage").glob("*.tfstate")))

    def put_away(self, state: Path) -> None:
        state.replace(state.with_name(f"{state.name}.pushed"))

    def discard(self, run: int) -> None:
        for folder in (self._control(run), self._scratch(run)):
            self.quarantine.discard(folder, first=PLANS)

    def forget_init(self, stack: str) -> None:
        for name in (DATA, SEALED, MADE):
            self.quarantine.discard(self.data_dir / "workspaces" / slug(stack) / name)

    def forget_unused(self, now: datetime) -> int:
        """Of stacks that are long gone, or whose inputs have changed: the next run initialises anew."""
        before = (now - UNUSED_FOR).timestamp()
        found = [
            *self.data_dir.glob("workspaces/*/sealed/*/manifest.json"),
            *self.data_dir.glob("workspaces/*/made/*"),
        ]
        old = [path for path in found if path.stat().st_mtime < before]
        for path in old:
            self.quarantine.discard(path if path.is_dir() else path.parent)
        return len(old)

    def clear_quarantine(self) -> int:
        return len(self.quarantine.clear())

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

    def clear_trials(self) -> None:
        for use in (self.data_dir / TRIALS).glob(f"*{IN_USE}"):
            with alone(use) as free:
                if free:
                    if stack := use.read_text():
                        self.clear_stack(stack)
                    self.quarantine.discard(use.with_suffix(""))
                    use.unlink(missing_ok=True)

    def log(self, run: int) -> Path:
        return private_folder(self.data_dir / "logs") / f"run-{run}.log"

    def remove_log(self, run: int) -> bool:
        path = self.log(run)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except IsADirectoryError:
            self.quarantine.discard(path)
        return True

    def remove_unfinished(self, before: datetime) -> int:
        """Only where Driftline itself writes: in a tree or a module the same name is somebody's own."""
        found = (path for place in _WRITTEN for path in self.data_dir.glob(place) if is_unfinished(path))
        removed = 0
        for path in found:
            # Whoever was writing it may have finished meanwhile; one that cannot be removed keeps no other.
            with suppress(OSError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        return removed

    def _fresh_scratch(self, run: int) -> Path:
        """At the same path for plan and apply, which plans may repeat, but nothing in it is from the phase before."""
        scratch = self._scratch(run)
        self.quarantine.discard(scratch, first=PLANS)
        private_folder(scratch.parent)
        try:
            scratch.mkdir(mode=PRIVATE_FOLDER)
        except FileExistsError as error:
            raise Conflict(
                f"the folder that run-{run} used before cannot be moved away: {scratch}",
                hint=f"rm -r {quote_word(str(scratch))}",
            ) from error
        return scratch

    def _states(self, stack: str) -> Path:
        return self.data_dir / "workspaces" / slug(stack) / "state"

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


def _folder_of(terraform_workspace: str) -> str:
    """As the local backend names it below its folder of states; empty for the default one, which has none."""
    return "" if terraform_workspace == DEFAULT_WORKSPACE else quote(terraform_workspace, safe="")


def _copies(folder: Path) -> Path:
    """Beside the folder of the states, since a run may write into that one."""
    return folder.with_name("backups")


def _require_room(folder: Path, size: int, run: int) -> None:
    wanted = max(ROOM_FOR_APPLY, ROOM_FOR_STATES * size)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise DiskFull(folder=folder, free=free, wanted=wanted, run=f"run-{run}")
