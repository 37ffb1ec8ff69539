"""Plans that a person asks for."""

from typing import Literal

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import BadUsage, StackBusy
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.model.promotion.advance import Advance
from runner.model.run.life import Kind, Run, State
from runner.model.values.frozen import dataclass
from runner.service.operator import request
from runner.view.run import RunRow, run_row

Promote = Literal["early", "straight"]


@dataclass(frozen=True)
class Requested:
    """The run that answers a request. `joined` if it was being planned already."""

    run: RunRow
    joined: bool


@dataclass(frozen=True)
class Wish:
    """What is asked of a plan, whatever revision it is of."""

    targets: tuple[str, ...]
    destroy: bool
    ignore_dependencies: bool
    advance: Advance | None


@operation("POST", "/plans/{stack}", Role.OPERATOR)
def request_plan(
    caller: Caller,
    stack: str,
    *,
    targets: tuple[str, ...] = (),
    destroy: bool = False,
    ignore_dependencies: bool = False,
    promote: Promote | None = None,
    reason: str = "",
) -> Requested:
    """Queue a plan of a stack now. It supersedes a waiting run of the stack; an executing one blocks it.

    `promote` plans a stage before its promotion lets it: early, without soak and check of the stage before, or
    straight, without its apply too. That needs a reason.
    """
    wish = Wish(targets, destroy, ignore_dependencies, _advance(promote, reason))
    try:
        run = _queued(caller, stack, wish)
    except StackBusy:
        same = None if targets or destroy else _being_planned(caller, stack)
        if same is None:
            raise
        return Requested(run_row(same), joined=True)
    return Requested(run_row(run), joined=False)


# Git knows the revision, and what it declares.
@operation("POST", "/revision-plans/{stack}", Role.OPERATOR, at_daemon=AfterCrash.LOSE)
def request_plan_at(
    caller: Caller,
    stack: str,
    *,
    ref: str,
    targets: tuple[str, ...] = (),
    destroy: bool = False,
    ignore_dependencies: bool = False,
    promote: Promote | None = None,
    reason: str = "",
) -> Requested:
    """Queue a plan of a stack at another revision of its branch than the newest."""
    wish = Wish(targets, destroy, ignore_dependencies, _advance(promote, reason))
    return Requested(run_row(_queued(caller, stack, wish, ref=ref)), joined=False)


def _queued(caller: Caller, stack: str, wish: Wish, *, ref: str | None = None) -> Run:
    app = caller.app
    return request.request_plan(app.control, app.discoverer, stack, caller.person, ref=ref, **vars(wish))


def _advance(promote: Promote | None, reason: str) -> Advance | None:
    if bool(promote) != bool(reason):
        raise BadUsage("promote needs a reason, and a reason is only for promote")
    return Advance(reason, straight=promote == "straight") if promote else None


def _being_planned(caller: Caller, name: str) -> Run | None:
    """The run that the daemon is planning for the same commit."""
    with caller.reading() as reader:
        stack = reader.stack(name)
        runs = [
            run for run in reader.open_runs(name) if run.kind is Kind.CHANGE and run.state is State.PLANNING
        ]
    return next((run for run in runs if run.inputs == stack.inputs and not run.targets), None)
