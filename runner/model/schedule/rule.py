"""A row of a decision table, and what changes and checks have in common: why neither begins."""

from collections.abc import Callable
from enum import StrEnum

from runner.model.run.life import Run, State
from runner.model.schedule.view import View
from runner.model.schedule.waiting import waits
from runner.model.values.frozen import dataclass


class Next(StrEnum):
    PLAN = "plan"
    CHECK = "check"
    WAIT = "wait"
    NOTHING = "nothing"


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


_WAITING_SENTENCE: dict[State, str] = {
    State.QUEUED: "{run} waits for a free slot",
    State.PLANNING: "{run} is being planned",
    State.AWAITING_APPROVAL: "{run} waits for approval",
    State.APPROVED: "{run} is approved and will be applied",
    State.APPLYING: "{run} is being applied",
}


def open_sentence(run: Run | None) -> str:
    return _WAITING_SENTENCE[run.state].format(run=run.name) if run else ""


def put_off(view: View, run: Run | None) -> bool:
    return run is not None and run.claim is None and waits(run.wait_until, view.now)


def put_off_sentence(run: Run | None) -> str:
    return f"{run.name} waits until {run.wait_until:%H:%M:%S} UTC: {run.reason}" if run else ""


def _startable(run: Run | None) -> bool:
    return run is not None and run.claim is None and run.state in {State.QUEUED, State.APPROVED}


def waits_for_room(view: View, run: Run | None) -> bool:
    """Whether disk space is what keeps this run from starting."""
    return _startable(run) and view.shortage is not None


def crowded(view: View, run: Run | None) -> bool:
    return run is not None and _startable(run) and run.account in view.crowds


def crowd_sentence(view: View, run: Run | None) -> str:
    return f"{run.name} waits: {view.crowds[run.account]}" if run else ""


LEFT = Rule("left", Next.NOTHING, lambda v: v.stack.left is not None, lambda v: f"it is {v.stack.left}")
