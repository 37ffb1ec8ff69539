"""Drift checks that somebody asks for, apart from the reports of what they find: cron asks for them."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.app import slots
from runner.model.access.role import Role
from runner.model.values.frozen import dataclass
from runner.service.operator.request import request_check
from runner.view.check import CheckedRows, checked_rows
from runner.view.load import SweepView, sweep_view
from runner.view.run import RunRows, run_rows


@dataclass(frozen=True)
class RequestedChecks:
    """The runs that answer, and why the other stacks are not checked."""

    runs: RunRows
    skipped: dict[str, str]


@operation("POST", "/checks", Role.OPERATOR, anywhere=True)
def request_checks(caller: Caller, *, stacks: tuple[str, ...], plain: bool = False) -> RequestedChecks:
    """Check stacks for drift now: all of them, or none if one is not found. An open check also serves this request.

    With `plain`, each is a full plan.
    """
    runs, skipped = request_check(caller.app.control, stacks, caller.person, full=plain)
    return RequestedChecks(run_rows(runs), skipped)


@operation("GET", "/checks", Role.VIEWER)
def show_checks(caller: Caller, *, runs: tuple[int, ...]) -> CheckedRows:
    """What these drift checks found."""
    with caller.reading() as reader:
        return checked_rows(reader, caller.app.clock.now(), [reader.run(run) for run in runs])


@operation("GET", "/sweep", Role.VIEWER)
def show_sweep(caller: Caller, *, runs: tuple[int, ...] = ()) -> SweepView | None:
    """How far these drift checks are; without any, those that were asked for together last and are mostly still open."""
    with caller.reading() as reader:
        sweep = reader.sweep(runs or None)
    return None if sweep is None else sweep_view(sweep, slots(caller.app.settings))
