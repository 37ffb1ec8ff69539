"""The Terraform or OpenTofu command line, and where it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from runner.model.plan import Diagnostic
from runner.model.stack import StackDefinition
from runner.ports.basics import Cancel


@dataclass(frozen=True)
class Workspace:
    """The directories a run executes in; all absolute, the same from plan to apply."""

    module: Path  # the root module inside the exported tree
    data: Path  # TF_DATA_DIR of this stack
    scratch: Path  # HOME, TMPDIR and output files of this run; 0700
    state: Path | None  # the managed state, where the stack has no backend of its own


@dataclass(frozen=True)
class Planned:
    """`document` is the whole `show -json`, secrets included, or None where the plan was empty (exit code 0)."""

    changed: bool
    plan_file: Path
    document: Any | None
    engine_version: str
    resource_count: int | None = None
    drifted_addresses: tuple[
        str, ...
    ] = ()  # of resources that moved outside, whether or not the plan changes them
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings


@dataclass(frozen=True)
class EngineError:
    """A command that ended badly. `signal` is set where it was killed, `timed_out` where by our deadline."""

    command: str
    exit_code: int
    diagnostics: tuple[Diagnostic, ...]
    tail: str = ""
    signal: int | None = None
    timed_out: bool = False
    canceled: bool = False
    stale: bool = False  # terraform refused the saved plan before it touched anything
    unfinished: tuple[str, ...] = ()  # addresses with a start and no end in the log of an apply
    begun: bool = False  # an operation on a resource has started; where False, nothing was touched
    state_locked: bool = False  # somebody else holds terraform's state lock
    lock_id: str | None = None  # of that lock
    salvaged: tuple[Path, ...] = ()  # a state that terraform could not save, moved to a safe place


@dataclass(frozen=True)
class Applied:
    outputs: Mapping[str, Any]  # masked
    log_complete: bool = True
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings


@dataclass(frozen=True)
class Execution:
    """All that one engine command needs beside its own options."""

    run: str
    stack: StackDefinition
    workspace: Workspace
    log: Path  # human-readable, masked, followed live by `driftline logs -f`
    cancel: Cancel
    for_apply: bool = False  # decides which AWS role the child gets
    claim_fd: int | None = None  # the flock that the child inherits: true liveness
    targets: tuple[str, ...] = ()
    destroy: bool = False
    lock: bool = False  # whether planning takes terraform's state lock
    folder: Path | None = None  # of the stack file in the tree: its var files are relative to it


class Engine(Protocol):
    """The Terraform or OpenTofu command line."""

    def plan(self, execution: Execution) -> Planned | EngineError:
        """`init` where needed, `plan`, and `show -json` only when something changed."""
        ...

    def apply(self, execution: Execution, plan_file: Path) -> Applied | EngineError:
        """Apply exactly this file. Never killed by a deadline."""
        ...


class Workspaces(Protocol):
    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> Workspace: ...

    def backup_state(self, workspace: Workspace, run: int) -> None:
        """Copy a managed state aside before an apply; nothing where there is none."""
        ...

    def discard(self, run: int) -> None:
        """Remove the scratch folder."""
        ...

    def log(self, run: int) -> Path: ...

    def remove_log(self, run: int) -> bool:
        """Whether there was one."""
        ...
