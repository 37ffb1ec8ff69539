"""The Terraform or OpenTofu command line, and where it runs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import Diagnostic
from runner.model.drift.probe import ProbeReady
from runner.model.evaluated.reading import ALONE, Around
from runner.model.execution.plan_report import Question, Report
from runner.model.run.apply_end import Expected
from runner.model.run.evidence import Evidence
from runner.model.stack.definition import StackDefinition
from runner.model.stack.lock import StateLock
from runner.model.stack.state_file import TornState
from runner.ports.basics import Cancel
from runner.ports.keeping import HeldClaim


@dataclass(frozen=True)
class Workspace:
    """The directories a run executes in; all absolute, the same from plan to apply."""

    module: Path  # the root module inside the exported tree
    data: Path  # TF_DATA_DIR of this stack, made anew for each command
    scratch: Path  # HOME and TMPDIR of this run, made anew for each of its phases; 0700
    state: Path | None  # the managed state, where the stack has no backend of its own
    receipts: Path  # one file for every plan that was ever handed to terraform
    control: Path  # what is told of this run, out of its own reach; 0700
    tree: Path | None = None  # the exported tree of the revision


@dataclass(frozen=True)
class Planned:
    """`show` gives the same with what changes in full; None where nothing changes, or where it is shown already.

    `document` is then the whole `show -json`, secrets included. Of a large plan it is None, and `apart` has it read
    elsewhere: the report, and the masked changes as JSON.
    """

    changed: bool
    plan_file: Path
    document: Any | None
    engine_version: str
    resource_count: int | None = None
    drifted_addresses: tuple[
        str, ...
    ] = ()  # of resources that moved outside, whether or not the plan changes them
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings
    facts: EngineFacts = EngineFacts()
    # What the engine was given: copies of it may be anywhere in the document. The daemon's credentials are among them.
    secrets: frozenset[str] = frozenset()
    apart: "Callable[[Question], tuple[Report, bytes] | EngineError] | None" = None
    credentials: frozenset[str] = frozenset()
    context_secrets: frozenset[str] = frozenset()  # what contexts gave
    warnings: tuple[Diagnostic, ...] = ()  # Driftline's own among the diagnostics
    around: Around = ALONE
    show: "Callable[[], Planned | EngineError] | None" = None


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
    lost: bool = False  # its process is gone, and nobody saw how it ended
    stale: bool = False  # terraform refused the saved plan before it touched anything
    unfinished: tuple[str, ...] = ()  # addresses with a start and no end in the log of an apply
    undestroyed: tuple[str, ...] = ()  # addresses whose replaced object could not be destroyed
    begun: bool = False  # an operation on a resource has started; where False, nothing was touched
    state_locked: bool = False  # somebody else holds terraform's state lock
    lock: StateLock | None = None  # that lock
    gave_up: bool = False  # interrupted twice, it ended without waiting for its own work
    salvaged: tuple[Path, ...] = ()  # a state that terraform could not save, moved to a safe place
    evidence: Evidence | None = None  # of an apply whose end is not clear
    doubt: str = ""  # why its exit code is not believed
    failed_actions: tuple[str, ...] = ()  # addresses of `action` blocks that failed
    denied: str = ""  # what its confinement kept it from, and the key that opens it

    @property
    def holder(self) -> str:
        """Whose lock was in the way, as far as the backend tells."""
        return "its backend does not say who" if self.lock is None else str(self.lock)

    @property
    def unclear(self) -> bool:
        """Of an apply: whether it may have changed something that neither it nor the state tells of."""
        return (
            self.lost
            or self.signal is not None
            or self.canceled
            or self.gave_up
            or self.exit_code != 1
            or bool(self.unfinished)
            or bool(self.salvaged)
            or bool(self.doubt)
        )


@dataclass(frozen=True)
class Probed:
    """The answer of a probe: what it planned, and the types that each provider was asked about."""

    planned: Planned
    types: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Fallback:
    """A probe could not be done, or not be relied on: the check is done plainly."""

    reason: str
    late: bool = False  # it was stopped at its deadline


@dataclass(frozen=True)
class Applied:
    outputs: Mapping[str, Any]  # masked
    log_complete: bool = True
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings
    failed_actions: tuple[str, ...] = ()  # with `on_failure = continue`


@dataclass(frozen=True)
class NotBegun:
    """It is certain that terraform never ran. `spent`: because this plan was handed to it before."""

    reason: str
    spent: bool = False


@dataclass(frozen=True)
class Execution:
    """All that one engine command needs beside its own options."""

    run: str
    stack: StackDefinition
    workspace: Workspace
    log: Path  # human-readable, masked, followed live by `driftline logs -f`
    cancel: Cancel
    for_apply: bool = False  # decides which AWS role the child gets
    claim: HeldClaim | None = None  # the locks that the child inherits: true liveness
    leave: Cancel | None = None  # says that this process ends, and an apply is to be left alone
    targets: tuple[str, ...] = ()
    destroy: bool = False
    lock: bool = False  # whether planning takes terraform's state lock
    folder: Path | None = None  # of the stack file in the tree: its var files are relative to it
    # What earlier plans of the stack called sensitive, for masking its output.
    secrets: frozenset[str] = frozenset()
    context_secrets: frozenset[str] = frozenset()  # what contexts gave to it and to earlier runs
    nonsensitive: bool = False  # whether a value is shown where the code says that it is not sensitive
    state_folders: tuple[str, ...] = ()  # where its source may keep states by itself
    expected: Expected | None = None  # of an apply: what its log has to report
    writable_modules: tuple[str, ...] = ()  # globs of local modules in whose folders it may write
    source: str = ""  # the name of its source, by which contexts may match it
    key: bytes = field(
        default=b"", repr=False
    )  # seals what the operator hands in, so that it can be bound to


class Engine(Protocol):
    """The Terraform or OpenTofu command line."""

    def init(self, execution: Execution) -> EngineError | None:
        """Have what `init` leaves: run it where none is good."""
        ...

    def plan(self, execution: Execution) -> Planned | EngineError:
        """Whether anything changes, after `init` where that is needed; what changes is shown when it is asked for."""
        ...

    def probe_ready(self, execution: Execution) -> ProbeReady | Fallback | EngineError:
        """What a probe would run with, after `init` where that is needed, and its providers verified."""
        ...

    def probe(
        self, execution: Execution, types: Mapping[str, tuple[str, ...]] | None, seconds: float
    ) -> Probed | Fallback | EngineError:
        """Plan with warm providers, whose schemas are cut down to `types`; an EngineError only where it was canceled.

        `seconds` is what a plain plan of the stack took, 0 where that is not known.
        """
        ...

    def forget_provider(self, checksum: str) -> None:
        """Remove what probes have kept of this provider's answers; OSError where that cannot be done."""
        ...

    def apply(self, execution: Execution, plan_file: Path, digest: str) -> Applied | EngineError | NotBegun:
        """Apply exactly this file, once. Never killed by a deadline; StillApplying where it was left alone."""
        ...

    def facts(self, execution: Execution, plan_file: Path) -> EngineFacts | EngineError:
        """What this plan would be applied with now, after `init` where that is needed."""
        ...

    def adopt(self, execution: Execution, digest: str) -> Applied | EngineError | NotBegun:
        """Follow an apply that another process started, or find out how it ended."""
        ...

    def state_lock(self, execution: Execution) -> StateLock | EngineError | None:
        """Terraform's own lock on the state, after `init` where that is needed; None where it is free."""
        ...

    def force_unlock(self, execution: Execution, lock_id: str) -> EngineError | None:
        """Free exactly this lock of terraform's; Conflict where it is not the one that is there."""
        ...


class Workspaces(Protocol):
    def prepare(
        self, run: int, stack: str, tree: Path, module_path: str, *, managed_state: bool
    ) -> Workspace: ...

    def reopen(self, run: int, stack: str) -> Workspace:
        """The directories in which the run was executing, as it was told where they are, or as they would be now."""
        ...

    def backup_state(self, workspace: Workspace, run: int) -> None:
        """Copy a managed state aside before an apply; nothing where there is none."""
        ...

    def put_back_torn_states(self, workspace: Workspace, run: int) -> tuple[TornState, ...]:
        """Where an apply that was killed left no state, put back the copy that `backup_state` made for it; which."""
        ...

    def damaged_states(self, stack: str) -> tuple[TornState, ...]:
        """Managed states that are empty or cut off although there are copies of them."""
        ...

    def state_file(self, stack: str, terraform_workspace: str) -> Path:
        """Where a managed state of the stack lies."""
        ...

    def managed_state(self, stack: str, terraform_workspace: str) -> bytes | None:
        """Its content; None where there is none."""
        ...

    def put_state(self, stack: str, terraform_workspace: str, content: bytes, mark: str) -> Path | None:
        """Put it in the place of the managed state, in one step; the copy of the former one, named by the mark."""
        ...

    def trial(self) -> AbstractContextManager["Workspaces"]:
        """Folders of their own, for what is only tried: nothing of them outlives the block."""
        ...

    def unsaved_states(self, stack: str) -> tuple[Path, ...]:
        """States that an apply could not save, and nobody has pushed since."""
        ...

    def put_away(self, state: Path) -> None:
        """Keep it, but no longer as one that has to be pushed."""
        ...

    def discard(self, run: int) -> None:
        """Remove the scratch folder, and what was told of the run."""
        ...

    def forget_init(self, stack: str) -> None:
        """Remove what `init` has left, so that the next run initialises anew; the managed state stays."""
        ...

    def forget_unused(self, now: datetime) -> int:
        """Remove what `init` has left for stacks that have not run for a month; how much."""
        ...

    def scratches(self) -> Sequence[int]:
        """The runs that have a scratch folder."""
        ...

    def clear_stack(self, stack: str) -> None:
        """Remove what dead processes were writing beside the stack's state."""
        ...

    def clear_probes(self) -> None:
        """Remove what dead processes left of their probes."""
        ...

    def clear_trials(self) -> None:
        """Remove what dead processes left of theirs, and beside the states that they were putting in place."""
        ...

    def log(self, run: int) -> Path: ...

    def remove_unfinished(self, before: datetime) -> int:
        """Remove files that were being written when their process died; how many."""
        ...

    def clear_quarantine(self) -> int:
        """Go on removing what could not be removed at once; how many trees are left."""
        ...

    def remove_log(self, run: int) -> bool:
        """Whether there was one."""
        ...
