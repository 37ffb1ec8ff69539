"""What the services need from the world, as narrow protocols. Adapters satisfy them; only `runner.app` names both."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from runner.model.approval import Approval, Commit
from runner.model.audit import AuditEntry
from runner.model.drift import Acknowledgement, DriftReport, Finding
from runner.model.job import Job
from runner.model.lock import Lock
from runner.model.module import ModuleFacts
from runner.model.plan import ChangeSet, Diagnostic
from runner.model.problem import Problem
from runner.model.run import Claim, Event, Kind, Run, State
from runner.model.settings import Allow, Settings, SourceSettings
from runner.model.source import SourceStatus, TreeEntry
from runner.model.stack import Discovered, DriftStatus, Pause, Stack, StackDefinition


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class Cancel(Protocol):
    """Says whether a person asked to stop; waits without polling. `threading.Event` satisfies it."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


# Git


class Git(Protocol):
    """A source's bare mirror. Every method may raise GitFailed; none starts a checkout's hooks or filters."""

    def head(self, source: SourceSettings) -> str:
        """Ask the remote (`ls-remote`) for the branch's revision."""
        ...

    def fetch(self, source: SourceSettings, revision: str) -> None:
        """Bring the branch into the mirror, creating it where missing; objects are never thrown away."""
        ...

    def is_ancestor(self, source: SourceSettings, old: str, new: str) -> bool: ...

    def resolve(self, source: SourceSettings, expression: str) -> str:
        """The full commit id of a revision expression on the tracked branch's history, or RevisionNotFound."""
        ...

    def tree(self, source: SourceSettings, revision: str) -> Sequence[TreeEntry]:
        """Everything in the revision, folders included."""
        ...

    def blobs(self, source: SourceSettings, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Contents by object id, through one `cat-file --batch`; what is larger than 32 MiB is left out."""
        ...

    def commit(self, source: SourceSettings, revision: str) -> Commit: ...

    def co_authors(self, source: SourceSettings, revision: str) -> Sequence[str]:
        """The mail addresses of `Co-authored-by` trailers."""
        ...

    def commits(self, source: SourceSettings, old: str | None, new: str) -> Sequence[Commit]:
        """The commits of `old..new`, newest first, co-authors included; only `new` where `old` is None or unknown."""
        ...

    def export(self, source: SourceSettings, revision: str) -> Path:
        """The folder with the checked-out tree, shared by all stacks, always at the same absolute path."""
        ...


class Trees(Protocol):
    def keep_only(self, needed: frozenset[tuple[str, str]], now: datetime) -> int:
        """Remove exported trees of other (source, revision) pairs that are older than an hour; how many."""
        ...


# Files that people write


class StackFiles(Protocol):
    def read(self, file: str, content: bytes, allow: Allow) -> tuple[list[StackDefinition], list[Problem]]:
        """All stacks of one file that are sound, and all problems of the others."""
        ...


class Modules(Protocol):
    def read(self, files: Mapping[str, bytes]) -> ModuleFacts:
        """The facts of one module folder, from its files by name."""
        ...


# The engine


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


class Artifacts(Protocol):
    """Immutable bytes named by digest; mode 0600."""

    def put(self, run: int, name: str, content: bytes) -> str:
        """Store write-once and return the SHA-256 digest."""
        ...

    def get(self, run: int, name: str) -> bytes:
        """ArtifactNotFound where retention removed it or it never was."""
        ...

    def names(self, run: int) -> Sequence[str]: ...

    def remove(self, run: int, name: str) -> None: ...


class Claims(Protocol):
    """True liveness: an flock on a file, inherited by children, free once the last descendant is gone."""

    def take(self, run: int) -> "HeldClaim | None":
        """None where another process holds it."""
        ...

    def alive(self, claim: Claim) -> bool: ...


class HeldClaim(Protocol):
    @property
    def claim(self) -> Claim: ...
    @property
    def fd(self) -> int: ...
    def release(self) -> None: ...


class Secrets(Protocol):
    """The key of this installation for fingerprints (32 bytes, generated 0600)."""

    def fingerprint_key(self) -> bytes: ...


# Records


@dataclass(frozen=True)
class RunFilter:
    stack: str | None = None
    states: frozenset[State] | None = None
    kind: Kind | None = None
    ended_before: datetime | None = None
    below: int | None = None  # only ids below this one, for going through many in pages
    limit: int = 50


@dataclass(frozen=True)
class NewRun:
    stack: str
    source: str
    kind: Kind
    revision: str
    inputs: str
    definition: StackDefinition
    module_path: str
    managed_state: bool
    trigger: str
    requested_by: str
    targets: tuple[str, ...] = ()
    report: int | None = None
    file: str = ""
    reason: str = ""


class Reader(Protocol):
    """Reading. Every method sees one snapshot inside `Store.reading()` and `Store.writing()`."""

    def stack(self, name: str) -> Stack: ...
    def stacks(self) -> list[Stack]: ...
    def run(self, run_id: int) -> Run: ...
    def runs(self, where: RunFilter) -> list[Run]: ...
    def last_runs(self, *, change_only: bool = False) -> dict[str, Run]:
        """The newest run of each stack; with `change_only` the newest that was no drift check."""
        ...

    def open_runs(self, stack: str | None = None) -> list[Run]:
        """Runs that are not final, oldest first."""
        ...

    def definition(self, digest: str) -> StackDefinition: ...
    def changes(self, run_id: int) -> ChangeSet | None: ...
    def diagnostics(self, run_id: int) -> tuple[Diagnostic, ...]: ...
    def outputs(self, run_id: int) -> dict[str, Any] | None: ...
    def approvals(self, run_id: int) -> list[Approval]: ...
    def commit(self, source: str, revision: str) -> Commit | None: ...
    def locks(self) -> list[Lock]:
        """Holds of people and rules, and the runs that execute."""
        ...

    def holds(self) -> list[Lock]:
        """Only those of people and rules."""
        ...

    def hold(self, stack: str) -> Lock | None: ...
    def report(self, report_id: int) -> DriftReport: ...
    def reports(self, *, stack: str | None = None, open_only: bool = True) -> list[DriftReport]: ...
    def current_report(self, stack: str) -> DriftReport | None:
        """The one that is not resolved."""
        ...

    def source(self, name: str) -> SourceStatus:
        """An empty status where it was never polled."""
        ...

    def sources(self) -> list[SourceStatus]: ...
    def audit(self, *, subject: str | None = None, limit: int = 100) -> list[AuditEntry]: ...


class Writer(Reader, Protocol):
    """Writing, inside one `BEGIN IMMEDIATE`. A transition writes its audit entry and its outbox row by itself."""

    def save_discovered(self, stack: Discovered, *, problem: str | None = None) -> None:
        """Insert or update; clears `missing_since`."""
        ...

    def mark_missing(self, stack: str) -> None: ...
    def mark_problem(self, stack: str, problem: str) -> None: ...
    def mark_planned(self, stack: str, inputs: str) -> None: ...
    def mark_applied(self, run: Run) -> None:
        """Take the run's revision, inputs, definition and module path as what is applied."""
        ...

    def forget_applied(self, stack: str) -> None:
        """After a destroy: nothing is applied any more."""
        ...

    def save_check(self, stack: str, status: DriftStatus, reason: str) -> None: ...
    def schedule_check(self, stack: str, at: datetime | None) -> None:
        """When the next drift check is due; None where none will be."""
        ...

    def pause(self, stack: str, pause: Pause | None, *, by: str) -> None: ...

    def add_run(self, new: NewRun) -> Run: ...
    def transition(self, run: Run, event: Event, *, by: str, reason: str = "", **fields: Any) -> Run:
        """Guarded by `run.version`; RunChanged where somebody was faster. `fields` are columns of Run."""
        ...

    def annotate(self, run: Run, **fields: Any) -> Run:
        """Set columns of Run without a change of state; guarded by `run.version`."""
        ...

    def claim(self, run: Run, claim: Claim) -> Run:
        """Mark as executed by this process; StackBusy where the partial unique index refuses."""
        ...

    def release(self, run: Run) -> Run: ...
    def request_cancel(self, run: Run, *, by: str) -> Run:
        """Ask the process that executes the run to stop; `Run.cancel_requested_by` says who asked."""
        ...

    def save_plan(self, run_id: int, changes: ChangeSet, diagnostics: Sequence[Diagnostic] = ()) -> None: ...
    def save_diagnostics(self, run_id: int, diagnostics: Sequence[Diagnostic]) -> None: ...
    def save_outputs(self, run_id: int, outputs: Mapping[str, Any]) -> None: ...
    def add_approval(self, approval: Approval) -> None: ...
    def save_commit(self, source: str, commit: Commit, co_authors: Sequence[str] = ()) -> None: ...
    def take_hold(self, lock: Lock, *, by: str) -> None:
        """StackLocked where somebody holds it."""
        ...

    def release_hold(self, stack: str, *, by: str, reason: str) -> None: ...
    def open_report(
        self, stack: str, revision: str, fingerprint: str, findings: Sequence[Finding], *, confirmed: bool
    ) -> DriftReport: ...
    def see_report(
        self, report: DriftReport, findings: Sequence[Finding], *, confirmed: bool
    ) -> DriftReport: ...
    def change_report(
        self, report: DriftReport, fingerprint: str, findings: Sequence[Finding], *, confirmed: bool
    ) -> DriftReport: ...
    def acknowledge_report(self, report: DriftReport, acknowledgement: Acknowledgement) -> DriftReport: ...
    def reopen_report(self, report: DriftReport, reason: str) -> DriftReport: ...
    def resolve_report(self, report: DriftReport, *, by: str, reason: str) -> DriftReport: ...
    def save_source(self, status: SourceStatus) -> None: ...
    def prune_runs(self, before: datetime) -> list[int]:
        """Delete final runs that ended before and that no stack and no open report needs; their ids."""
        ...

    def prune_reports(self, before: datetime) -> list[int]: ...
    def prune_outbox(self, before: datetime) -> int: ...
    def audit_note(self, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None: ...


class Store(Protocol):
    def reading(self) -> AbstractContextManager[Reader]: ...
    def writing(self) -> AbstractContextManager[Writer]: ...
    def changed_since(self, mark: int | None) -> int:
        """A number that moves when another connection has written; cheap enough to ask every second."""
        ...


class Reports(Protocol):
    def file(self, report: DriftReport) -> None:
        """Write `reports/<stack>/dr-N.{json,md}`; writing the same report again changes nothing."""
        ...


class ApplyGate(Protocol):
    """What a worker asks of the control plane in the middle of an apply."""

    def start(self, job: Job, plan_digest: str, planned_at: datetime) -> None:
        """Make it durable that this plan is about to be applied; Blocked or Conflict where it may not be."""
        ...


@dataclass(frozen=True)
class WorkerPorts:
    """All that executing a job needs. The store is not among it: a worker may be another machine."""

    git: Git
    engine: Engine
    workspaces: Workspaces
    artifacts: Artifacts
    secrets: Secrets
    clock: Clock


@dataclass(frozen=True)
class ControlPorts:
    """All that deciding and recording needs."""

    store: Store
    claims: Claims
    reports: Reports
    artifacts: Artifacts
    settings: Settings
    clock: Clock
