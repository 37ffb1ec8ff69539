"""What a worker receives and returns: plain data, so that a worker may be a thread here or a machine elsewhere."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from runner.model.approval.binding import BoundEngine, EngineFacts
from runner.model.approval.named_rule import NamedRule
from runner.model.changes.changes import ChangeSet, Diagnostic
from runner.model.drift.partly import Partly
from runner.model.drift.report import Finding
from runner.model.inventory.state_object import KnownState, SeenObjects
from runner.model.outputs.known import KnownOutputs, SeenOutputs
from runner.model.outputs.taken import Given, Taken
from runner.model.plan.step import Step
from runner.model.policy.material import NOTHING, Judging
from runner.model.policy.result import NOT_JUDGED, Judged
from runner.model.run.apply_end import Expected
from runner.model.run.evidence import Evidence
from runner.model.run.life import Kind
from runner.model.run.usage import Usage
from runner.model.settings.source import Allow, SourceAuth, SourceSettings
from runner.model.stack.definition import IgnoreRule, StackDefinition
from runner.model.stack.lock import StateLock
from runner.model.state.served import ServedState
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds
from runner.model.warm.probe import ProbeFacts, Probing


class Phase(StrEnum):
    PLAN = "plan"
    APPLY = "apply"
    ADOPT = "adopt"  # follow an apply that another process began, or find out how it ended
    SEE_LOCK = "see_lock"  # find out who holds terraform's lock on the state that an ended run has used
    UNLOCK = "unlock"  # free exactly that lock


@dataclass(frozen=True)
class JobSource:
    """Where the code of a job is, and what the operator allows it; never how to log in there."""

    name: str
    url: str
    branch: str
    max_size: str
    allow: Allow

    @classmethod
    def of(cls, source: SourceSettings) -> Self:
        return cls(source.name, source.url, source.branch, source.max_size, source.allow)

    def with_login(self, configured: Iterable[SourceSettings]) -> SourceSettings:
        """As a worker asks Git for it. The worker's own credentials go only to where they were configured for."""
        own = next(
            (one.auth for one in configured if (one.name, one.url) == (self.name, self.url)), SourceAuth()
        )
        return SourceSettings(
            self.name, self.url, self.branch, auth=own, max_size=self.max_size, allow=self.allow
        )


@dataclass(frozen=True)
class Job:
    run: int
    phase: Phase
    kind: Kind
    stack: StackDefinition
    source: JobSource
    revision: str
    module_path: str
    managed_state: bool
    file: str = ""  # the stack file: what the definition names is relative to its folder
    home: str = ""  # where its folders are, if not under the stack's own name
    targets: tuple[str, ...] = ()
    # For an apply: what was approved.
    plan_digest: str | None = None
    fingerprint: str | None = None
    form: int | None = None  # of what the approval is bound to
    planned_at: datetime | None = None
    newest: datetime | None = None  # the latest time that was recorded since then
    executed_digest: str | None = None  # the plan file that was handed to terraform, if one was
    fresh_for: Seconds = Seconds(300)
    expected: Expected | None = None  # what its log has to report
    bound: BoundEngine | None = None  # what made its plan
    # For a drift check: what never counts, of the server and of the stack.
    ignore: tuple[IgnoreRule, ...] = ()
    partly: tuple[Partly, ...] = ()  # what the state holds of other revisions
    environment: tuple[str, ...] | None = None  # marks of what the operator gave to the last apply, if known
    # Earlier runs of the stack: what their plans called sensitive is masked in the output of this one.
    earlier: tuple[int, ...] = ()
    rules: tuple[NamedRule, ...] = ()  # of the operator about what plans may contain
    probing: Probing | None = None  # whether and how a probe may answer; None where a person is to be asked
    lock_id: str = ""  # of the lock that is to be freed
    judging: Judging = NOTHING  # the policies and checks that judge its plan
    judged: Judged = NOT_JUDGED  # for an apply: what they said of the approved plan
    # Why it is planned, for policies.
    trigger: str = ""
    requested_by: str = ""
    asked_at: datetime | None = None  # when somebody asked for it; None if its schedule did
    report: str = ""  # the drift report that it heals
    takes: tuple[Given, ...] = ()  # outputs of other stacks that set its variables
    used: bool = False  # whether other stacks use its outputs
    known_outputs: KnownOutputs | None = None  # what is known of them so far, if they are used
    known_state: KnownState | None = None  # whose objects are on record; None where nobody asks for them
    changed_outputs: tuple[Taken, ...] = ()  # for a drift check: used, and changed since the last apply
    served: ServedState | None = (
        None  # where its managed state is, if not in a file on the host that executes it
    )

    @property
    def name(self) -> str:
        return f"run-{self.run}"

    @property
    def folder(self) -> str:
        return self.home or self.stack.name


@dataclass(frozen=True)
class PlanResult:
    """Of a plan that worked. Artifacts were put before the result is returned."""

    TAG: ClassVar[str] = "plan"
    changes: ChangeSet
    fingerprint: str
    plan_digest: str | None  # None where nothing changes and so no plan file is kept
    planned_at: datetime
    engine_version: str
    findings: tuple[Finding, ...] = ()
    drift_fingerprint: str | None = None
    steps: tuple[Step, ...] = ()
    facts: EngineFacts = EngineFacts()
    tree: str = ""  # git's id of the revision's tree
    named: tuple[str, ...] = ()  # files of the revision that its values name: "path mark", as in the binding
    warnings: tuple[Diagnostic, ...] = ()
    probe: ProbeFacts | None = None  # what was seen of probing, where it was thought of
    usage: Usage = Usage()
    judged: Judged = NOT_JUDGED
    outputs: SeenOutputs | None = None  # of its state, if other stacks use them and they were read
    objects: SeenObjects | None = None  # of its state, if they were not on record


@dataclass(frozen=True)
class PlanFailure:
    """`canceled` says that a person stopped it, not that it went wrong."""

    TAG: ClassVar[str] = "plan_failure"
    diagnostics: tuple[Diagnostic, ...]
    reason: str
    canceled: bool = False
    state_locked: bool = False  # somebody else holds the state; it is tried again later
    steps: tuple[Step, ...] = ()
    usage: Usage = Usage()
    probe: ProbeFacts | None = None  # of a plan that was made, and failed later


class ApplyOutcome(StrEnum):
    """The first four left the run `approved`: it was not even recorded that the apply begins."""

    PUT_BACK = "put_back"  # this process ends, or its window closed; the approval stands
    NOT_STARTED = "not_started"  # it could not be planned again, or it was refused at the last check
    DELAYED = "delayed"  # something beside the plan is in the way, such as a full disk
    NOTHING_LEFT = "nothing_left"  # planned again, there was nothing to do any more
    CHANGED = "changed"  # planned again, it would do something else than what was approved
    APPLIED = "applied"
    FAILED = "failed"  # terraform ended by itself and says that it failed
    STALE = "stale"  # terraform refused the plan before it touched anything
    SPENT = "spent"  # this plan was handed to terraform before, so it is not again
    NOT_BEGUN = "not_begun"  # the start was recorded, and it is certain that terraform never ran
    STATE_LOCKED = "state_locked"  # somebody else holds the state, so terraform touched nothing
    INTERRUPTED = "interrupted"  # anything else that happened after it had started
    LEFT = "left"  # terraform continues, and this process no longer follows it
    UNSEEN = "unseen"  # this process failed; what became of the run is for recovery to find out


@dataclass(frozen=True)
class ApplyResult:
    """`fresh` is the plan that was made under the lock, where the approved one was too old."""

    TAG: ClassVar[str] = "apply"
    outcome: ApplyOutcome
    reason: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    # The part of the reason that names a changed value or file: the same words if the same one changes again.
    moved: str = ""
    outputs: dict[str, object] | None = None  # masked
    unfinished: tuple[str, ...] = ()  # addresses with a start and no end in the log
    fresh: PlanResult | None = None
    probe: ProbeFacts | None = None  # of a plan that was made under the lock, and is not `fresh`
    evidence: Evidence | None = None
    usage: Usage = Usage()
    state_outputs: SeenOutputs | None = None  # after the apply, if other stacks use them
    state_objects: SeenObjects | None = None  # after the apply, if somebody asks for them


@dataclass(frozen=True)
class LockResult:
    """Terraform's lock as it is: None where the state is free, as it is after it was freed."""

    TAG: ClassVar[str] = "lock"
    lock: StateLock | None = None
    reason: str = ""  # why it could not be seen, or was not freed
    hint: str = ""
    exit_code: int = 1  # of the command that asked for it, where there is a reason
    usage: Usage = Usage()


RunResult = PlanResult | PlanFailure | ApplyResult  # brings the run further
Result = RunResult | LockResult
