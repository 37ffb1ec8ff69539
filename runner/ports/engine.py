"""The Terraform or OpenTofu command line: what it is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from runner.model.approval.binding import BoundEngine, EngineFacts
from runner.model.code.judged import UNKNOWN, Judged
from runner.model.engine.choice import EVERY, Allowed, Installed
from runner.model.evaluated.reading import ALONE, Around
from runner.model.stack.engine_wants import ANY as ANY_ENGINE
from runner.model.stack.engine_wants import EngineWants
from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.changes.changes import Diagnostic
    from runner.model.code.surroundings import Surroundings
    from runner.model.execution.plan_report import Question, Report
    from runner.model.inventory.state_object import SeenObjects
    from runner.model.outputs.known import StateOutput
    from runner.model.plan.form import Form
    from runner.model.run.apply_end import Expected
    from runner.model.run.evidence import Evidence
    from runner.model.stack.definition import StackDefinition
    from runner.model.stack.lock import StateLock
    from runner.model.state.served import ServedState
    from runner.model.warm.provider import Ready, Types
    from runner.ports.basics import Cancel
    from runner.ports.keeping import HeldClaim
    from runner.ports.workspace import Workspace


GENERATED = "generated.tf"  # in the scratch folder of a run


@dataclass(frozen=True)
class Planned:
    """A finished plan. `show` returns it with its changes in full; None if nothing changes, or if they are shown already.

    With types, `show` tries warm providers first, with schemas reduced to these; without, it does it plainly.

    `document` is then the whole `show -json`, secrets included. For a large plan it is None, and `apart` reads it in
    another process: the report, and the masked changes as JSON.
    """

    changed: bool
    plan_file: Path
    document: Any | None
    engine_version: str
    resource_count: int | None = None
    drifted_addresses: tuple[
        str, ...
    ] = ()  # of resources that changed outside, whether or not the plan changes them
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings
    facts: EngineFacts = EngineFacts()
    # What the engine was given, the daemon's credentials included: copies may be anywhere in the document.
    secrets: frozenset[str] = frozenset()
    apart: Apart | None = None
    credentials: frozenset[str] = frozenset()
    context_secrets: frozenset[str] = frozenset()  # secrets from contexts
    warnings: tuple[Diagnostic, ...] = ()  # Driftline's own among the diagnostics
    around: Around = ALONE
    show: Callable[[Types | None], Planned | EngineError] | None = None
    shown: Path | None = None  # the file of the document that `apart` reads, until it has
    destroys: bool = True  # unless the plan says that it does not


@dataclass(frozen=True)
class EngineError:
    """A command that failed. `signal` is set if it was killed, `timed_out` if our deadline ended it."""

    command: str
    exit_code: int
    diagnostics: tuple[Diagnostic, ...]
    tail: str = ""
    signal: int | None = None
    timed_out: bool = False
    canceled: bool = False
    lost: bool = False  # its process is gone, and its exit code is unknown
    stale: bool = False  # terraform rejected the saved plan before it changed anything
    unfinished: tuple[str, ...] = ()  # addresses that the log of an apply starts and never ends
    undestroyed: tuple[str, ...] = ()  # addresses whose replaced object could not be destroyed
    begun: bool = False  # an operation on a resource has started; if not, nothing was changed
    state_locked: bool = False  # somebody else holds terraform's state lock
    lock: StateLock | None = None  # that lock
    gave_up: bool = False  # interrupted twice, it ended without waiting for operations in progress
    salvaged: tuple[Path, ...] = ()  # a state that terraform could not save, moved to a safe place
    evidence: Evidence | None = None  # of an apply whose outcome is unclear
    doubt: str = ""  # why its exit code is not trusted
    failed_actions: tuple[str, ...] = ()  # addresses of `action` blocks that failed
    denied: str = ""  # what the confinement denied, and the setting that allows it

    @property
    def holder(self) -> str:
        """Who holds the lock, as far as the backend says."""
        return "its backend does not say who" if self.lock is None else str(self.lock)

    @property
    def unclear(self) -> bool:
        """Whether an apply may have changed something that neither its log nor the state shows."""
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


class Apart(Protocol):
    """A large document, which another process reads."""

    def __call__(self, question: Question) -> tuple[Report, bytes] | EngineError:
        """The report, and the masked changes as JSON. It leaves no files behind."""
        ...

    def form(self) -> Form | EngineError:
        """What it has in common with the document of an equal plan."""
        ...


@dataclass(frozen=True)
class Probed:
    """The result of a probe: its plan with all changes shown, and the types that each provider was asked about."""

    planned: Planned
    types: Types
    # Keeps the calls of a plan without changes for replays, once it stands; the reason if that cannot be.
    keep: Callable[[], str] | None = None


@dataclass(frozen=True)
class Fallback:
    """A probe was impossible or unreliable, so a full plan is made."""

    reason: str
    lacks: bool = False  # a type that the reduced schemas do not have
    differs: bool = False  # a provider gave another answer than the recorded one


@dataclass(frozen=True)
class Applied:
    outputs: Mapping[str, Any]  # masked
    log_complete: bool = True
    diagnostics: tuple[Diagnostic, ...] = ()  # warnings
    failed_actions: tuple[str, ...] = ()  # with `on_failure = continue`


@dataclass(frozen=True)
class NotBegun:
    """Terraform certainly did not run. `spent`: because this plan was already handed to it."""

    reason: str
    spent: bool = False


@dataclass(frozen=True)
class StillApplying:
    """Terraform continues, and this process no longer follows it, or cannot tell how it ended."""

    reason: str


ApplyEnd = Applied | EngineError | NotBegun | StillApplying


@dataclass(frozen=True)
class Execution:
    """Everything that an engine command needs besides its own options."""

    run: str
    stack: StackDefinition
    workspace: Workspace
    log: Path  # human-readable, masked, followed live by `driftline logs -f`
    cancel: Cancel
    for_apply: bool = False  # decides which AWS role the child gets
    check: bool = False  # all drift checks take a role under one session name
    asked_at: datetime | None = None  # what a provider has remembered since before then must not answer it
    claim: HeldClaim | None = None  # the locks that the child inherits
    leave: Cancel | None = None  # set when this process ends and an apply must be left running
    targets: tuple[str, ...] = ()
    destroy: bool = False
    generate: bool = False  # whether planning writes code for imports without a resource, into GENERATED
    lock: bool = False  # whether planning takes terraform's state lock
    folder: Path | None = None  # of the stack file in the tree; var files are relative to it
    # Values that earlier plans of the stack marked as sensitive, to mask the output.
    secrets: frozenset[str] = frozenset()
    context_secrets: frozenset[str] = frozenset()  # from contexts, of this and earlier runs
    nonsensitive: bool = False  # whether values that the code marks as not sensitive are shown
    state_folders: tuple[str, ...] = ()  # where its source may store states itself
    expected: Expected | None = None  # what the log of an apply must report
    writable_modules: tuple[str, ...] = ()  # globs of local modules in whose directories it may write
    served: ServedState | None = None  # where its managed state is, if not in a file here
    source: str = ""  # the name of its source, for contexts that match by source
    # Values of other stacks' outputs by input variable, and those among them that are sensitive.
    outputs: Mapping[str, str] = field(default_factory=dict, repr=False)
    output_secrets: frozenset[str] = field(default=frozenset(), repr=False)
    wants: EngineWants = ANY_ENGINE  # which version of the engine
    judged: Judged = UNKNOWN  # what was found in the code before
    allowed_engines: Allowed = EVERY
    bound: BoundEngine | None = None  # for an apply: the program that made its plan
    key: bytes = field(
        default=b"", repr=False
    )  # for keyed digests of what the operator provides, which approvals are bound to


class Engines(Protocol):
    """What is installed."""

    def installed(self, engine: str) -> tuple[Installed, ...]:
        """What the operator has named for it, as it is now; a program is started only if it is not on record."""
        ...

    @property
    def surroundings(self) -> Surroundings:
        """What reaches the variables of stacks besides their repositories."""
        ...


class Engine(Engines, Protocol):
    """The Terraform or OpenTofu command line."""

    def init(self, execution: Execution) -> EngineError | None:
        """Ensure a valid result of `init`, running it if necessary."""
        ...

    def plan(self, execution: Execution) -> Planned | EngineError:
        """Whether anything changes, after `init` if necessary; `Planned.show` returns the changes."""
        ...

    def probe_ready(self, execution: Execution) -> Ready | Fallback | EngineError:
        """What a probe would use, after `init` if necessary and with verified providers."""
        ...

    def replay(self, execution: Execution, inputs: str) -> Planned | Fallback | EngineError:
        """A plan without changes, if the providers answer as they did to an earlier check with the same `inputs`."""
        ...

    def probe(
        self, execution: Execution, types: Types | None, seconds: float, inputs: str | None = None
    ) -> Probed | Fallback | EngineError:
        """Plan and show with warm providers, whose schemas are reduced to `types` and those in the code, or complete.

        `seconds` is the duration of a full plan of the stack, 0 if unknown. EngineError where a full plan would not
        help: it was canceled, the state is locked, or it held the state's lock until its deadline. With `inputs`,
        which must be equal for a replay, its calls can be kept.
        """
        ...

    def forget_provider(self, checksum: str) -> None:
        """Remove this provider's answers from the cache of the probes; OSError if that fails."""
        ...

    def apply(self, execution: Execution, plan_file: Path, digest: str) -> ApplyEnd:
        """Apply exactly this file, once. Never killed by a deadline; StillApplying if it was left running."""
        ...

    def facts(self, execution: Execution, plan_file: Path) -> EngineFacts | EngineError:
        """What this plan would be applied with now, after `init` if necessary."""
        ...

    def digest(self, one: Installed) -> str:
        """Its SHA-256."""
        ...

    def adopt(self, execution: Execution, digest: str) -> ApplyEnd:
        """Follow an apply that another process started, or find out how it ended."""
        ...

    def outputs(self, execution: Execution) -> Mapping[str, StateOutput] | EngineError:
        """The outputs in the state, with their values, after `init` where that is needed."""
        ...

    def objects(self, execution: Execution) -> SeenObjects | None:
        """What the state has now, after `init` where that is needed; None where it cannot be read."""
        ...

    def state_lock(self, execution: Execution) -> StateLock | EngineError | None:
        """Terraform's own lock on the state, after `init` if necessary; None if it is free."""
        ...

    def force_unlock(self, execution: Execution, lock_id: str) -> EngineError | None:
        """Release exactly this lock of terraform; Conflict if another one is held."""
        ...
