"""What became of an apply whose end nobody saw."""

from typing import Literal

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.api.runs import show_run
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.values.frozen import dataclass
from runner.service.operator import resolve as verb
from runner.view.run_page import RunPage


@dataclass(frozen=True)
class Resolved:
    run: RunPage
    by: str


@operation("GET", "/runs/{run}/evidence", Role.OWNER)
def show_evidence(caller: Caller, run: int) -> RunPage:
    """What is known of an interrupted run; refused if a run needs no resolution."""
    with caller.reading() as reader:
        verb.question(reader, run)
    return show_run(caller, run)


@operation("POST", "/runs/{run}/resolve", Role.OWNER, at_daemon=AfterCrash.LOSE)
def resolve_run(
    caller: Caller,
    run: int,
    *,
    outcome: Literal["applied", "failed"],
    reason: str,
    state_pushed: bool = False,
) -> Resolved:
    """Record the outcome of an interrupted run. This unlocks its stack; a new plan shows what is left to do.

    `state_pushed` if somebody pushed the state that terraform could not save.
    """
    app = caller.app
    done = verb.resolve(
        app.control,
        app.workspaces,
        run,
        caller.person,
        applied=outcome == "applied",
        reason=reason,
        state_pushed=state_pushed,
    )
    return Resolved(show_run(caller, done.id), caller.person.name)
