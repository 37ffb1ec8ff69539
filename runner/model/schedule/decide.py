"""What to do about a stack, and why: facts -> decision table -> reason code and sentence.

The first matching row decides. Every row gives an answer, so there is always a reason when nothing happens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from runner.model.code.known_inputs import moved
from runner.model.outputs.taken import changed_sentence
from runner.model.outputs.taken import moved as moved_outputs
from runner.model.promotion.rules import Held
from runner.model.run.life import HALF_CHANGED, WAITING, Kind, Run, State
from runner.model.schedule.waiting import waits
from runner.model.stack.definition import DriftStatus, Stack, Sync
from runner.model.stack.lock import Lock
from runner.model.values.clock import went_back
from runner.model.values.frozen import dataclass
from runner.model.window.closed import Closed

PLAN_RETRY = timedelta(minutes=30)
CHECK_RETRY = timedelta(minutes=3)
MAX_CHECK_RETRY = timedelta(hours=4)


class Next(StrEnum):
    PLAN = "plan"
    CHECK = "check"
    WAIT = "wait"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Decision:
    action: Next
    code: str
    sentence: str


@dataclass(frozen=True)
class View:
    """Everything that decides about one stack. `waits_for` names dependencies that are not applied yet."""

    stack: Stack
    now: datetime
    lock: Lock | None = None
    open_runs: tuple[Run, ...] = ()
    last_change: Run | None = None
    waits_for: tuple[str, ...] = ()
    source_problem: str | None = None
    shortage: str | None = None  # of disk space
    crowds: Mapping[str, str] = field(default_factory=dict)  # accounts that start no run right now, and why
    promotion: Held | None = None  # why it does not get its newest revision yet
    closed: Closed | None = None  # the windows that its approved run waits for
    unread: tuple[str, ...] = ()  # stacks whose outputs it takes and nobody has read yet
    absent: tuple[str, ...] = ()  # sentences about outputs that it takes and that do not exist
    used_by: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # stacks that use its outputs, and which
    outputs_read: bool = False  # whether its own outputs are known

    @property
    def open_change(self) -> Run | None:
        return next((run for run in self.open_runs if not run.kind.only_reads), None)

    @property
    def open_check(self) -> Run | None:
        return next((run for run in self.open_runs if run.kind is Kind.DRIFT), None)

    @property
    def needed_by(self) -> tuple[str, ...]:
        """The stacks that use its outputs, which nobody has read yet."""
        return () if self.outputs_read else tuple(self.used_by)

    @property
    def paused(self) -> bool:
        pause = self.stack.pause
        return self.stack.definition.paused or (pause is not None and pause.holds(self.now))


@dataclass(frozen=True)
class Rule:
    code: str
    action: Next
    fits: Callable[[View], bool]
    sentence: Callable[[View], str]


def pause_sentence(view: View) -> str:
    pause = view.stack.pause
    if pause is None or not pause.holds(view.now):
        return "its definition in Git says paused: true"
    until = f" until {pause.until:%Y-%m-%d %H:%M} UTC" if pause.until else ""
    return f"paused by {pause.by}{until}: {pause.reason}"


def _last_change_is(view: View, *states: State) -> bool:
    """Whether the newest change run was made for the current inputs and ended in one of these states."""
    run = view.last_change
    return (
        run is not None
        and run.inputs == view.stack.inputs
        and view.stack.planned_inputs == view.stack.inputs
        and not moved_outputs(run.outputs, view.stack.outputs)
        and run.state in states
    )


def _failed_just_now(view: View) -> bool:
    """Whether the newest plan just failed; another revision may have fixed it even if no input changed."""
    run = view.last_change
    return (
        run is not None
        and _last_change_is(view, State.PLAN_FAILED)
        and run.revision == view.stack.revision
        and view.now < run.changed_at + PLAN_RETRY
        and not went_back(view.now, run.changed_at)
    )


_WAITING_SENTENCE: dict[State, str] = {
    State.QUEUED: "{run} waits for a free slot",
    State.PLANNING: "{run} is being planned",
    State.AWAITING_APPROVAL: "{run} waits for approval",
    State.APPROVED: "{run} is approved and will be applied",
    State.APPLYING: "{run} is being applied",
}


def _open_sentence(run: Run | None) -> str:
    return _WAITING_SENTENCE[run.state].format(run=run.name) if run else ""


def outdated_plan(view: View) -> str:
    """Why the plan that waits is of no use: an output that it was made with has changed. Empty if it is of use."""
    run = view.open_change
    if run is None or run.claim is not None or run.state not in WAITING or not run.follows_git:
        return ""
    changed = moved_outputs(run.outputs, view.stack.outputs)
    return changed_sentence(changed) if changed else ""


def _because_of_outputs(stack: Stack) -> str:
    """Why there is a run although Git has nothing new."""
    return f"{changed_sentence(stack.moved_outputs)}: " if stack.only_outputs_moved else ""


def _put_off(view: View, run: Run | None) -> bool:
    return run is not None and run.claim is None and waits(run.wait_until, view.now)


def _put_off_sentence(run: Run | None) -> str:
    return f"{run.name} waits until {run.wait_until:%H:%M:%S} UTC: {run.reason}" if run else ""


def _window_sentence(view: View) -> str:
    return (
        f"{view.open_change.name} is approved and waits for its window: {view.closed}"
        if view.open_change
        else ""
    )


def _startable(run: Run | None) -> bool:
    return run is not None and run.claim is None and run.state in {State.QUEUED, State.APPROVED}


def _waits_for_room(view: View, run: Run | None) -> bool:
    """Whether disk space is what keeps this run from starting."""
    return _startable(run) and view.shortage is not None


def _crowded(view: View, run: Run | None) -> bool:
    return run is not None and _startable(run) and run.account in view.crowds


def _crowd_sentence(view: View, run: Run | None) -> str:
    return f"{run.name} waits: {view.crowds[run.account]}" if run else ""


def _as_seen(stack: Stack) -> str:
    """If unknown files are read, the inputs alone do not suffice: a plan at the newest commit does."""
    if not stack.unknown_inputs:
        return ""
    return f", as planned at {(stack.applied_revision or '')[:12]}; inputs: not fully known, so every commit is checked"


def _moved_sentence(view: View) -> str:
    stack = view.stack
    if stack.applied_inputs is None:
        return "nothing has been applied yet"
    if stack.unknown_inputs and not moved(stack.applied_inputs, stack.inputs):
        return "a commit may have changed files that the code reads; inputs: not fully known, so every commit is checked"
    return "its inputs changed in Git"


_LEFT = Rule("left", Next.NOTHING, lambda v: v.stack.left is not None, lambda v: f"it is {v.stack.left}")

CHANGE_RULES: tuple[Rule, ...] = (
    _LEFT,
    Rule(
        "source_missing",
        Next.NOTHING,
        lambda v: v.stack.missing_since is not None,
        lambda _: "source missing: it is no longer in Git; Driftline plans and destroys nothing",
    ),
    Rule(
        "problem",
        Next.NOTHING,
        lambda v: v.stack.problem is not None,
        lambda _: "its definition in Git is invalid; nothing is planned until it is fixed",
    ),
    Rule("paused", Next.NOTHING, lambda v: v.paused, pause_sentence),
    Rule(
        "locked",
        Next.WAIT,
        lambda v: v.lock is not None,
        lambda v: f"locked by {v.lock.holder}: {v.lock.reason}" if v.lock else "",
    ),
    Rule("window", Next.WAIT, lambda v: v.closed is not None, _window_sentence),
    Rule("no_room", Next.WAIT, lambda v: _waits_for_room(v, v.open_change), lambda v: v.shortage or ""),
    Rule(
        "put_off",
        Next.WAIT,
        lambda v: _put_off(v, v.open_change),
        lambda v: _put_off_sentence(v.open_change),
    ),
    Rule(
        "account_full",
        Next.WAIT,
        lambda v: _crowded(v, v.open_change),
        lambda v: _crowd_sentence(v, v.open_change),
    ),
    Rule(
        "run_open",
        Next.WAIT,
        lambda v: v.open_change is not None,
        lambda v: _because_of_outputs(v.stack) + _open_sentence(v.open_change),
    ),
    Rule(
        "synced",
        Next.NOTHING,
        lambda v: v.stack.sync is Sync.SYNCED,
        lambda v: f"in sync with Git{_as_seen(v.stack)}",
    ),
    Rule(
        "plan_failed",
        Next.WAIT,
        _failed_just_now,
        lambda v: (
            f"{v.last_change.name} could not be planned; retried {PLAN_RETRY.seconds // 60} m later"
            if v.last_change
            else ""
        ),
    ),
    Rule(
        "answered",
        Next.NOTHING,
        lambda v: _last_change_is(v, State.REJECTED, State.CANCELED, *HALF_CHANGED),
        lambda v: (
            f"{v.last_change.name} is {v.last_change.state.in_words}; a new commit or `driftline plan {v.stack.name}` starts a new run"
            if v.last_change
            else ""
        ),
    ),
    Rule(
        "nothing_found",
        Next.NOTHING,
        lambda v: (
            _last_change_is(v, State.NO_CHANGES) and v.last_change is not None and v.last_change.follows_git
        ),
        lambda v: (
            f"{v.last_change.name} found nothing to apply, but terraform deferred part of the plan;"
            f" to plan again: driftline plan {v.stack.name}"
            if v.last_change
            else ""
        ),
    ),
    Rule(
        "destroyed",
        Next.NOTHING,
        lambda v: (
            v.last_change is not None
            and v.last_change.kind is Kind.DESTROY
            and v.last_change.state is State.APPLIED
            and v.stack.planned_inputs == v.stack.inputs
        ),
        lambda v: (
            f"{v.last_change.name} destroyed it; a new commit or `driftline plan {v.stack.name}` creates it again"
            if v.last_change
            else ""
        ),
    ),
    Rule(
        "dependency",
        Next.WAIT,
        lambda v: bool(v.waits_for),
        lambda v: f"waits until {', '.join(v.waits_for)} is applied",
    ),
    Rule(
        "promotion",
        Next.WAIT,
        lambda v: v.promotion is not None,
        lambda v: v.promotion.sentence if v.promotion else "",
    ),
    Rule(
        "outputs_unread",
        Next.WAIT,
        lambda v: bool(v.unread),
        lambda v: f"waits until the outputs of {', '.join(v.unread)} are read, by its next plan or check",
    ),
    Rule("output_absent", Next.WAIT, lambda v: bool(v.absent), lambda v: "; ".join(v.absent)),
    Rule("no_room", Next.WAIT, lambda v: v.shortage is not None, lambda v: v.shortage or ""),
    Rule(
        "output_changed",
        Next.PLAN,
        lambda v: v.stack.only_outputs_moved,
        lambda v: changed_sentence(v.stack.moved_outputs),
    ),
    Rule("moved", Next.PLAN, lambda _: True, _moved_sentence),
)


def _changed_outside(view: View) -> bool:
    at = view.stack.check_wanted_at
    return at is not None and view.now >= at


CHECK_RULES: tuple[Rule, ...] = (
    _LEFT,
    Rule(
        "source_missing",
        Next.NOTHING,
        lambda v: v.stack.missing_since is not None,
        lambda _: "source missing: it is no longer in Git",
    ),
    Rule(
        "never_applied",
        Next.NOTHING,
        lambda v: v.stack.applied_revision is None,
        lambda _: "nothing has been applied yet, so there is nothing to check for drift",
    ),
    Rule("paused", Next.NOTHING, lambda v: v.paused, pause_sentence),
    Rule("no_engine", Next.WAIT, lambda v: v.stack.no_engine is not None, lambda v: v.stack.no_engine or ""),
    Rule("no_room", Next.WAIT, lambda v: _waits_for_room(v, v.open_check), lambda v: v.shortage or ""),
    Rule(
        "put_off",
        Next.WAIT,
        lambda v: _put_off(v, v.open_check),
        lambda v: _put_off_sentence(v.open_check),
    ),
    Rule(
        "account_full",
        Next.WAIT,
        lambda v: _crowded(v, v.open_check),
        lambda v: _crowd_sentence(v, v.open_check),
    ),
    Rule("check_open", Next.WAIT, lambda v: v.open_check is not None, lambda v: _open_sentence(v.open_check)),
    Rule(
        "applying",
        Next.WAIT,
        lambda v: v.open_change is not None and v.open_change.claim is not None,
        lambda v: _open_sentence(v.open_change),
    ),
    Rule("no_room", Next.WAIT, lambda v: bool(v.needed_by and v.shortage), lambda v: v.shortage or ""),
    Rule(
        "outputs_needed",
        Next.CHECK,
        # A check that failed is retried like any other.
        lambda v: bool(v.needed_by) and v.stack.drift is not DriftStatus.ERROR,
        lambda v: f"{', '.join(v.needed_by)} needs its outputs, which nobody has read yet",
    ),
    Rule(
        "no_room", Next.WAIT, lambda v: bool(_changed_outside(v) and v.shortage), lambda v: v.shortage or ""
    ),
    Rule(
        "changed_outside",
        Next.CHECK,
        _changed_outside,
        lambda v: v.stack.check_wanted_for,
    ),
    Rule(
        "not_due",
        Next.WAIT,
        lambda v: (
            v.stack.next_check_at is not None
            and v.now < v.stack.next_check_at
            # Otherwise a clock that went back would stop the checks until it catches up.
            and not went_back(v.now, v.stack.check_scheduled_at)
        ),
        lambda v: f"next check at {v.stack.next_check_at:%Y-%m-%d %H:%M} UTC",
    ),
    Rule("no_room", Next.WAIT, lambda v: v.shortage is not None, lambda v: v.shortage or ""),
    Rule("due", Next.CHECK, lambda _: True, lambda _: "a drift check is due"),
)


def decide(view: View, rules: Sequence[Rule] = CHANGE_RULES) -> Decision:
    """The decision of the first matching rule."""
    rule = next(rule for rule in rules if rule.fits(view))
    return Decision(rule.action, rule.code, rule.sentence(view))


def check_retry(failures: int) -> timedelta:
    """The delay before a failed check is retried: doubling from three minutes to four hours."""
    doubled: int = 2 ** min(max(failures - 1, 0), 10)
    return min(CHECK_RETRY * doubled, MAX_CHECK_RETRY)
