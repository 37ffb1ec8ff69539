"""The directories a run executes in. Satisfies `ports.Workspaces` in the data directory.

workspaces/<stack>/data        TF_DATA_DIR, rebuilt for each command
workspaces/<stack>/sealed      copies of what `init` left, its source; out of runs' reach
workspaces/<stack>/made        files that plans made beside fetched modules, for their own applies
workspaces/<stack>/state       the managed state
workspaces/<stack>/backups     copies of it, one before each apply
workspaces/<stack>/salvage     what an apply could not save
runs/<run>                     HOME and TMPDIR of one run, empty when its plan and when its apply begins
control/<run>                  its output, and requests to it: a run may write to its scratch folder, but not here
logs/run-<run>.log
receipts/<stack and digest>.json   one for each plan that was ever handed to terraform
trials/<random>                the same tree for a trial plan; a file beside it marks it as in use
quarantine/                    what could not be removed yet
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote as quote_word
from typing import TYPE_CHECKING
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
    free_bytes,
    is_unfinished,
    private_folder,
    read_foreign,
    remove_abandoned,
    write_whole,
)
from runner.host.flock import alone, remove_if_free, shared
from runner.model.stack.definition import DEFAULT_WORKSPACE
from runner.model.stack.state_file import TornState
from runner.probe.recordings import RECORDINGS, keep_only, name_of

if TYPE_CHECKING:
    from runner.ports.workspace import Workspace

PLACE = "workspace.json"
DATA = "data"
SEALED, MADE = "sealed", "made"  # as in the engine
TRIALS, IN_USE = "trials", ".use"
UNUSED_FOR = timedelta(days=30)
LARGEST_PLACE = 1 << 20
# These contain clear text, and are removed first.
PLANS = ("plan.tfplan", "fresh.tfplan", "probe.tfplan", "show.jsonl")
# terraform writes a local state in place: with three free pages it left invalid JSON, and an empty rescue copy.
ROOM_FOR_APPLY = 256 << 20
ROOM_FOR_STATES = 20
# Recursive only where the depth is not up to a repository.
_WRITTEN = (
    "*", "keys/*", "engine/*", "receipts/*", "artifacts/**/*", "state-versions/*/*", "reports/**/*", "trees/*/*", "workspaces/*/*",
    "workspaces/*/backups/**/*",
)  # fmt: skip


# States and plans are in clear text here while they are written. A run may write here too, so nothing is followed deep.
_BESIDE_A_STATE = ("*", "backups/**/*", "state/*", "state/terraform.tfstate.d/*/*", "salvage/*")
_OF_A_PROBE = re.compile(r"[0-9a-f]{16}")


class LocalWorkspaces:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.quarantine = Quarantine(data_dir)

    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> "Workspace":
        from runner.ports.workspace import Workspace

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
        paths = {name: path and str(path) for name, path in vars(workspace).items()}
        write_whole(workspace.control / PLACE, json.dumps(paths).encode(), durable=False)
        return workspace

    def reopen(self, run: int, stack: str) -> "Workspace":
        """As recorded by `prepare`; if the record is gone, without the module's folder and the state."""
        from runner.ports.workspace import Workspace

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

    def backup_state(self, workspace: "Workspace", run: int) -> None:
        """Copy every managed state of the stack; DiskFull if an apply could destroy it."""
        if workspace.state is None:
            return
        folder = workspace.state.parent
        _require_room(folder, size_of(folder), run)
        copy_aside(folder, _copies(folder), run)

    def put_back_torn_states(self, workspace: "Workspace", run: int) -> tuple[TornState, ...]:
        """Terraform truncates a local state before writing it, so a kill in between leaves nothing of it."""
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
        """A name for a folder, with a marker file from which `clear_trials` learns that a process died here,
        and whose state it used.
        """
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

    def discard_inputs(self, run: int) -> None:
        """What terraform was given, in clear. What it said of its apply stays."""
        self.quarantine.discard(self._scratch(run), first=PLANS)
        for name in PLANS:
            (self._control(run) / name).unlink(missing_ok=True)

    def forget_init(self, stack: str) -> None:
        for name in (DATA, SEALED, MADE):
            self.quarantine.discard(self.data_dir / "workspaces" / slug(stack) / name)

    def forget_unused(self, now: datetime) -> int:
        """For stacks that left long ago, or whose inputs changed: the next run initialises again."""
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
        """For all runs of the stack: a file that is still being written is locked."""
        own = self.data_dir / "workspaces" / slug(stack)
        for place in _BESIDE_A_STATE:
            for path in own.glob(place):
                remove_abandoned(path)

    def keep_recordings(self, stacks: Iterable[str]) -> int:
        return keep_only(self.data_dir / RECORDINGS, stacks)

    def forget_recording(self, stack: str) -> None:
        (self.data_dir / RECORDINGS / name_of(stack)).unlink(missing_ok=True)

    def clear_probes(self) -> None:
        for folder in (self.data_dir / "probe").glob("*"):
            if _OF_A_PROBE.fullmatch(folder.name) is not None:
                # Another process may remove it at the same time.
                with suppress(OSError):
                    remove_if_free(folder)

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
        """Only where Driftline itself writes: in a tree or a module the same name belongs to somebody else."""
        found = (path for place in _WRITTEN for path in self.data_dir.glob(place) if is_unfinished(path))
        removed = 0
        for path in found:
            # Its writer may have finished meanwhile; a file that cannot be removed does not affect the others.
            with suppress(OSError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        return removed

    def _fresh_scratch(self, run: int) -> Path:
        """The same path for plan and apply, which plans may contain, but without files from the previous phase."""
        scratch = self._scratch(run)
        if os.path.lexists(scratch):
            self.quarantine.discard(scratch, first=PLANS)
        private_folder(scratch.parent)
        try:
            scratch.mkdir(mode=PRIVATE_FOLDER)
        except FileExistsError as error:
            raise Conflict(
                f"the old directory of run-{run} cannot be moved away: {scratch}",
                hint=f"rm -r {quote_word(str(scratch))}",
            ) from error
        return scratch

    def _states(self, stack: str) -> Path:
        return self.data_dir / "workspaces" / slug(stack) / "state"

    def _scratch(self, run: int) -> Path:
        return self.data_dir / "runs" / str(run)

    def _control(self, run: int) -> Path:
        return self.data_dir / "control" / str(run)


def slug(stack: str) -> str:
    """A folder name derived from the stack, unique among stacks: `a/b` and `a-b` differ."""
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
    """The name that the local backend uses in its folder of states; empty for the default one, which has none."""
    return "" if terraform_workspace == DEFAULT_WORKSPACE else quote(terraform_workspace, safe="")


def _copies(folder: Path) -> Path:
    """Beside the folder of the states, since a run may write into that one."""
    return folder.with_name("backups")


def _require_room(folder: Path, size: int, run: int) -> None:
    wanted = max(ROOM_FOR_APPLY, ROOM_FOR_STATES * size)
    free = free_bytes(folder)
    if free < wanted:
        raise DiskFull(folder=folder, free=free, wanted=wanted, run=f"run-{run}")
