"""How states are shown: always a word, with a symbol and a colour beside it."""

from datetime import datetime
from typing import TYPE_CHECKING

from runner.cli.screen.output import Cell, Colour
from runner.errors import WrongState
from runner.model.run.life import Run, State
from runner.model.stack.definition import DriftStatus, Health, Stack, Sync
from runner.view import signs, words
from runner.view.when import ago, ahead

if TYPE_CHECKING:
    from runner.view.run import RunRow
    from runner.view.stack import LastRun, StackRow

_SYNC_COLOURS: dict[Sync, Colour] = {Sync.SYNCED: "green", Sync.PENDING: "yellow", Sync.UNKNOWN: "dim"}
HEALTH: dict[Health, Cell] = {
    Health.OK: Cell("ok", "green"),
    Health.ERROR: Cell("error", "red"),
    Health.LOCKED: Cell("locked", "yellow"),
    Health.PAUSED: Cell("paused", "dim"),
}
_STATE_COLOURS: dict[State, Colour] = {
    State.QUEUED: "dim",
    State.PLANNING: "cyan",
    State.AWAITING_APPROVAL: "yellow",
    State.APPROVED: "cyan",
    State.APPLYING: "cyan",
    State.NO_CHANGES: "green",
    State.DRIFTED: "yellow",
    State.PLANNED: "green",
    State.APPLIED: "green",
    State.REJECTED: "dim",
    State.CANCELED: "dim",
    State.SUPERSEDED: "dim",
    State.PLAN_FAILED: "red",
    State.APPLY_FAILED: "red",
    State.INTERRUPTED: "red",
}
_DRIFT_COLOURS: dict[DriftStatus, Colour] = {
    DriftStatus.CLEAN: "green",
    DriftStatus.DRIFTED: "yellow",
    DriftStatus.ERROR: "red",
    DriftStatus.UNKNOWN: "dim",
}


def state(run: "Run | RunRow") -> Cell:
    return state_of(run.state)


def state_of(state: State) -> Cell:
    return Cell(signs.state(state), _STATE_COLOURS[state])


def sync(of: Sync, applied: str | None) -> Cell:
    return Cell(signs.sync(of, applied), _SYNC_COLOURS[of])


def drift(stack: "Stack | StackRow") -> Cell:
    """The drift axis; what was found is said in the words of the check."""
    return drift_of(stack.drift, stack.drift_reason)


def drift_of(status: DriftStatus, found: str) -> Cell:
    return Cell(signs.drift(status, found), _DRIFT_COLOURS[status])


def wrong_state(error: WrongState) -> WrongState:
    """The same in a sentence."""
    match error.facts:
        # From a server the state comes as text.
        case {"run": run, "state": str(state), "wish": wish} if state in set(State):
            return WrongState(f"{run} {words.stands(State(state))}, so it cannot be {wish}", hint=error.hint)
    return error


def last_run(last: "LastRun | None", now: datetime) -> Cell:
    if last is None:
        return Cell("-")
    state = State(last.state)
    colour = _STATE_COLOURS[state]
    return Cell(
        f"{last.did:<5} {signs.STATE[state]} {ago(last.at, now)}", colour if colour == "red" else None
    )


def next_check(stack: "StackRow", now: datetime) -> str:
    if stack.next_check_at is None:
        return "-"
    when = ahead(stack.next_check_at, now)
    return when.replace("in", "retry", 1) if stack.check_failures and when.startswith("in") else when
