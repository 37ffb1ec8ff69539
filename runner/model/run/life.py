"""A run: one attempt to plan, and maybe apply, one stack at one revision. The table below is its whole life."""

from datetime import datetime, timedelta
from enum import StrEnum

from runner.errors import WrongState
from runner.model.changes.changes import Summary
from runner.model.outputs.taken import Mark
from runner.model.run.healed_by import HealedBy
from runner.model.values.frozen import dataclass


class Kind(StrEnum):
    CHANGE = "change"
    DRIFT = "drift"
    DESTROY = "destroy"
    PREVIEW = "preview"  # of a pull request, as it would be after the merge

    @property
    def only_reads(self) -> bool:
        """Whether it never leads to an apply: it takes no lock on the state, and holds nothing else up."""
        return self in {Kind.DRIFT, Kind.PREVIEW}


class State(StrEnum):
    QUEUED = "queued"
    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    APPLYING = "applying"
    NO_CHANGES = "no_changes"
    DRIFTED = "drifted"
    PLANNED = "planned"
    APPLIED = "applied"
    REJECTED = "rejected"
    CANCELED = "canceled"
    SUPERSEDED = "superseded"
    PLAN_FAILED = "plan_failed"
    APPLY_FAILED = "apply_failed"
    INTERRUPTED = "interrupted"

    @property
    def in_words(self) -> str:
        """For people: `plan failed`."""
        return self.value.replace("_", " ")


IF_THE_PROCESS_DIES: dict[State, str] = {
    State.QUEUED: "nothing is lost; a worker claims it",
    State.PLANNING: "its claim is released and it is queued again; planning changes nothing",
    State.AWAITING_APPROVAL: "nothing is lost; the plan is an artifact. A person decides, or a newer revision supersedes it",
    State.APPROVED: "nothing is lost; a worker re-checks digest, lock and revision, then applies it",
    State.APPLYING: "terraform continues; the next daemon adopts it or uses its recorded result; "
    "without either, the run becomes interrupted",
    State.NO_CHANGES: "final",
    State.DRIFTED: "final",
    State.PLANNED: "final; a preview is never applied",
    State.APPLIED: "final",
    State.REJECTED: "final",
    State.CANCELED: "final",
    State.SUPERSEDED: "final",
    State.PLAN_FAILED: "final",
    State.APPLY_FAILED: "final; infrastructure may be half changed, so the stack stays locked with the reason",
    State.INTERRUPTED: "final until a person resolves it; its outcome is unknown, so the stack stays locked with the evidence",
}


class Event(StrEnum):
    CLAIM = "claim"
    REQUEUE = "requeue"
    FIND_NOTHING = "find_nothing"
    FIND_DRIFT = "find_drift"
    FIND_CHANGES = "find_changes"
    OFFER = "offer"
    FAIL_PLAN = "fail_plan"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    SUPERSEDE = "supersede"
    START_APPLY = "start_apply"
    SUCCEED = "succeed"
    FAIL_APPLY = "fail_apply"
    INTERRUPT = "interrupt"
    NOT_BEGUN = "not_begun"
    RESOLVE_APPLIED = "resolve_applied"
    RESOLVE_FAILED = "resolve_failed"


# A named person's decision, with a reason: the only way out of a state that is otherwise final.
RESOLUTIONS: frozenset[Event] = frozenset({Event.RESOLVE_APPLIED, Event.RESOLVE_FAILED})

TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.QUEUED, Event.CLAIM): State.PLANNING,
    (State.QUEUED, Event.CANCEL): State.CANCELED,
    (State.QUEUED, Event.SUPERSEDE): State.SUPERSEDED,
    (State.PLANNING, Event.REQUEUE): State.QUEUED,
    (State.PLANNING, Event.FIND_NOTHING): State.NO_CHANGES,
    (State.PLANNING, Event.FIND_DRIFT): State.DRIFTED,
    (State.PLANNING, Event.FIND_CHANGES): State.PLANNED,
    (State.PLANNING, Event.OFFER): State.AWAITING_APPROVAL,
    (State.PLANNING, Event.FAIL_PLAN): State.PLAN_FAILED,
    (State.PLANNING, Event.CANCEL): State.CANCELED,
    (State.PLANNING, Event.SUPERSEDE): State.SUPERSEDED,
    (State.AWAITING_APPROVAL, Event.APPROVE): State.APPROVED,
    (State.AWAITING_APPROVAL, Event.REJECT): State.REJECTED,
    (State.AWAITING_APPROVAL, Event.CANCEL): State.CANCELED,
    (State.AWAITING_APPROVAL, Event.SUPERSEDE): State.SUPERSEDED,
    (State.APPROVED, Event.REJECT): State.REJECTED,
    (State.APPROVED, Event.CANCEL): State.CANCELED,
    (State.APPROVED, Event.SUPERSEDE): State.SUPERSEDED,
    # The plan made again under the lock may find nothing left to do.
    (State.APPROVED, Event.FIND_NOTHING): State.NO_CHANGES,
    # Durable before terraform starts: from here on the plan may have been applied.
    (State.APPROVED, Event.START_APPLY): State.APPLYING,
    (State.APPLYING, Event.SUCCEED): State.APPLIED,
    (State.APPLYING, Event.FAIL_APPLY): State.APPLY_FAILED,
    (State.APPLYING, Event.INTERRUPT): State.INTERRUPTED,
    # terraform itself refused the saved plan as stale before it touched anything.
    (State.APPLYING, Event.SUPERSEDE): State.SUPERSEDED,
    # Only if terraform certainly changed nothing: no receipt and no output, or a state lock in its way.
    (State.APPLYING, Event.NOT_BEGUN): State.APPROVED,
    (State.INTERRUPTED, Event.RESOLVE_APPLIED): State.APPLIED,
    (State.INTERRUPTED, Event.RESOLVE_FAILED): State.APPLY_FAILED,
}

FINAL: frozenset[State] = frozenset(State) - {
    state for state, event in TRANSITIONS if event not in RESOLUTIONS
}
WAITING: frozenset[State] = frozenset({State.QUEUED, State.AWAITING_APPROVAL, State.APPROVED})
# An approved run is also claimed while it is planned again, but without a change of state.
EXECUTING: frozenset[State] = frozenset({State.PLANNING, State.APPLYING})
HALF_CHANGED: frozenset[State] = frozenset({State.APPLY_FAILED, State.INTERRUPTED})
FAILED: frozenset[State] = HALF_CHANGED | {State.PLAN_FAILED}


class Trigger(StrEnum):
    """Why a run was created."""

    PUSH = "push"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    HEAL = "heal"
    REPLAN = "replan"
    OUTPUT = "output"  # an output of another stack changed
    EVENT = "event"  # AWS reported a change of something that the stack manages


@dataclass(frozen=True)
class Claim:
    """Who executes a run right now. `token` names the claim file, whose flock shows that it is alive, or a lease."""

    token: str
    host: str
    pid: int
    since: datetime

    @property
    def process(self) -> str:
        """As people look for it. What a worker of a pool executes has no process here."""
        return f"pid {self.pid} on {self.host}" if self.pid else f"worker {self.host}"


@dataclass(frozen=True)
class BreakGlass:
    """An owner's word that a run may be applied although its windows are closed."""

    by: str
    known_by: str
    at: datetime
    reason: str

    def holds(self, now: datetime, lasts: timedelta) -> bool:
        """As long as an approval lasts: something else may keep the run from starting for days."""
        return now < self.at + lasts


@dataclass(frozen=True)
class Run:
    id: int
    stack: str
    source: str
    kind: Kind
    state: State
    version: int  # fencing token: a write must name the version it read
    revision: str
    inputs: str
    definition: str  # digest of the stack's definition at that revision
    trigger: Trigger
    requested_by: str
    created_at: datetime
    changed_at: datetime
    reason: str = ""
    targets: tuple[str, ...] = ()
    module_path: str = "."
    file: str = ""  # the stack file at that revision
    managed_state: bool = False
    summary: Summary = Summary()
    plan_digest: str | None = None
    fingerprint: str | None = None
    binding_digest: str | None = None  # digest of everything an approval is bound to
    executed_digest: str | None = None  # the plan file that was handed to terraform, if any
    planned_at: datetime | None = None
    engine_version: str | None = None
    claim: Claim | None = None
    superseded_by: int | None = None
    cancel_requested_by: str | None = None
    report: int | None = None  # the drift report that a heal answers, or that a check filed
    identity: str = ""  # digest of the state that it may change
    wait_until: datetime | None = None  # not executed before then: somebody else holds the state
    waits: int = 0  # consecutive waits
    account: str = ""  # cloud account, as far as the definition shows
    glass: BreakGlass | None = None
    healed_by: tuple[HealedBy, ...] = ()  # the rules that approved it, if no person did
    outputs: tuple[Mark, ...] = ()  # of other stacks, with which it was planned

    @property
    def name(self) -> str:
        return f"run-{self.id}"

    @property
    def follows_git(self) -> bool:
        """Whether it plans the current code in Git, so that a newer revision supersedes it; not what a person chose."""
        return (
            self.kind is Kind.CHANGE
            and self.report is None
            and self.trigger in {Trigger.PUSH, Trigger.REPLAN, Trigger.OUTPUT}
        )

    @property
    def final(self) -> bool:
        return self.state in FINAL


def next_state(run: Run, event: Event) -> State:
    """The state after the event, or WrongState."""
    try:
        return TRANSITIONS[run.state, event]
    except KeyError:
        raise WrongState(run=run.name, state=run.state, wish=_PAST[event]) from None


_PAST: dict[Event, str] = {
    Event.CLAIM: "claimed",
    Event.REQUEUE: "queued again",
    Event.FIND_NOTHING: "found without changes",
    Event.FIND_DRIFT: "found drifted",
    Event.FIND_CHANGES: "found with changes",
    Event.OFFER: "offered for approval",
    Event.FAIL_PLAN: "failed in planning",
    Event.APPROVE: "approved",
    Event.REJECT: "rejected",
    Event.CANCEL: "canceled",
    Event.SUPERSEDE: "superseded",
    Event.START_APPLY: "applied",
    Event.SUCCEED: "recorded as applied",
    Event.FAIL_APPLY: "recorded as failed",
    Event.INTERRUPT: "recorded as interrupted",
    Event.NOT_BEGUN: "put back to approved",
    Event.RESOLVE_APPLIED: "resolved",
    Event.RESOLVE_FAILED: "resolved",
}
