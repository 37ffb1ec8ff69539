"""What to do about what changed in Git, and why."""

from datetime import timedelta

from runner.model.code.known_inputs import moved
from runner.model.outputs.taken import changed_sentence
from runner.model.outputs.taken import moved as moved_outputs
from runner.model.run.life import HALF_CHANGED, WAITING, Kind, State
from runner.model.schedule.rule import (
    LEFT,
    Next,
    Rule,
    crowd_sentence,
    crowded,
    open_sentence,
    pause_sentence,
    put_off,
    put_off_sentence,
    waits_for_room,
)
from runner.model.schedule.view import View
from runner.model.stack.definition import Stack, Sync
from runner.model.values.clock import went_back

PLAN_RETRY = timedelta(minutes=30)


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


def _window_sentence(view: View) -> str:
    return (
        f"{view.open_change.name} is approved and waits for its window: {view.closed}"
        if view.open_change
        else ""
    )


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


CHANGE_RULES: tuple[Rule, ...] = (
    LEFT,
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
    Rule("no_room", Next.WAIT, lambda v: waits_for_room(v, v.open_change), lambda v: v.shortage or ""),
    Rule(
        "put_off",
        Next.WAIT,
        lambda v: put_off(v, v.open_change),
        lambda v: put_off_sentence(v.open_change),
    ),
    Rule(
        "account_full",
        Next.WAIT,
        lambda v: crowded(v, v.open_change),
        lambda v: crowd_sentence(v, v.open_change),
    ),
    Rule(
        "run_open",
        Next.WAIT,
        lambda v: v.open_change is not None,
        lambda v: _because_of_outputs(v.stack) + open_sentence(v.open_change),
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
