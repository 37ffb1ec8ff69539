"""The directories that runs execute in, and the managed states beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.stack.state_file import TornState


@dataclass(frozen=True)
class Workspace:
    """The directories a run executes in; all absolute, the same from plan to apply."""

    module: Path  # the root module inside the exported tree
    data: Path  # TF_DATA_DIR of this stack, recreated for each command
    scratch: Path  # HOME and TMPDIR of this run, recreated for each phase; 0700
    state: Path | None  # the managed state, if the stack has no backend of its own
    receipts: Path  # one file per plan that was ever handed to terraform
    control: Path  # control files of this run, which it cannot reach; 0700
    tree: Path | None = None  # the exported tree of the revision


class Workspaces(Protocol):
    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> Workspace: ...

    def reopen(self, run: int, stack: str) -> Workspace:
        """The directories that the run used: from its control files, or else as they would be chosen now."""
        ...

    def backup_state(self, workspace: Workspace, run: int) -> None:
        """Copy a managed state before an apply; does nothing if there is none."""
        ...

    def put_back_torn_states(self, workspace: Workspace, run: int) -> tuple[TornState, ...]:
        """If a killed apply left a state empty or cut off, restore the copy of `backup_state`; returns those restored."""
        ...

    def damaged_states(self, stack: str) -> tuple[TornState, ...]:
        """Managed states that are empty or cut off although copies exist."""
        ...

    def state_file(self, stack: str, terraform_workspace: str) -> Path:
        """The path of a managed state of the stack."""
        ...

    def managed_state(self, stack: str, terraform_workspace: str) -> bytes | None:
        """Its content; None if there is none."""
        ...

    def put_state(self, stack: str, terraform_workspace: str, content: bytes, mark: str) -> Path | None:
        """Replace the managed state atomically; returns the copy of the previous one, whose name contains the mark."""
        ...

    def trial(self) -> AbstractContextManager[Workspaces]:
        """Separate directories for a trial, removed at the end of the block."""
        ...

    def unsaved_states(self, stack: str) -> tuple[Path, ...]:
        """States that an apply could not save and nobody has pushed since."""
        ...

    def put_away(self, state: Path) -> None:
        """Keep it, but no longer list it as unsaved."""
        ...

    def discard(self, run: int) -> None:
        """Remove the scratch directory and the control files of the run."""
        ...

    def forget_init(self, stack: str) -> None:
        """Remove the result of `init`, so that the next run executes it again; the managed state stays."""
        ...

    def forget_unused(self, now: datetime) -> int:
        """Remove the results of `init` of stacks that have not run for a month; returns how many."""
        ...

    def scratches(self) -> Sequence[int]:
        """The runs that have a scratch directory."""
        ...

    def clear_stack(self, stack: str) -> None:
        """Remove temporary files that dead processes left beside the stack's state."""
        ...

    def keep_recordings(self, stacks: Iterable[str]) -> int:
        """Remove the recorded checks of all other stacks; returns how many."""
        ...

    def forget_recording(self, stack: str) -> None:
        """Remove the recorded check of a stack, if there is one."""
        ...

    def clear_probes(self) -> None:
        """Remove what probes of dead processes left behind."""
        ...

    def clear_trials(self) -> None:
        """Remove what trials of dead processes left behind, also beside the states that they were replacing."""
        ...

    def log(self, run: int) -> Path: ...

    def remove_unfinished(self, before: datetime) -> int:
        """Remove files that were being written when their process died; returns how many."""
        ...

    def clear_quarantine(self) -> int:
        """Continue removing what could not be removed at once; returns how many trees are left."""
        ...

    def remove_log(self, run: int) -> bool:
        """Returns whether there was one."""
        ...
