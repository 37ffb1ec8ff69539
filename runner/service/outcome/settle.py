"""Record the result of a job."""

from collections.abc import Callable

from runner.host.log import log
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import (
    ApplyOutcome,
    ApplyResult,
    Job,
    LockResult,
    Phase,
    PlanFailure,
    PlanResult,
    Result,
)
from runner.model.run.life import Kind, Run
from runner.ports.control import ControlPorts
from runner.service.outcome.apply import settle_apply
from runner.service.outcome.check_drift import settle_check
from runner.service.outcome.plan import settle_plan
from runner.service.outcome.preview import settle_preview
from runner.service.outcome.throttle import settle_throttled
from runner.service.outcome.unlock import settle_lock
from runner.service.state.file import take_in_after

# Errors that our own bugs raise on unexpected values; not errors from outside, which may be transient.
FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def settle_whole(control: ControlPorts, job: Job, result: Result) -> Run:
    """Record the result. A plan whose result cannot be recorded has failed: otherwise it would be repeated endlessly and silently."""
    try:
        return settle(control, job, result)
    except FAULTS as bug:
        log.exception("settle.bug", run=job.name, stack=job.stack.name)
        if job.phase is not Phase.PLAN or isinstance(result, PlanFailure):
            raise
        reason = f"internal error: {type(bug).__name__}: {bug}"
        return settle(control, job, PlanFailure((Diagnostic("error", reason),), reason))


def settle(control: ControlPorts, job: Job, result: Result) -> Run:
    """Record the result. The claim is released afterwards, so that recovery never sees it free too early."""
    if isinstance(result, ApplyResult) and result.outcome is ApplyOutcome.LEFT:
        with control.store.reading() as reader:  # it has no end yet
            return reader.run(job.run)
    if isinstance(result, LockResult):
        return settle_lock(control, job, result)
    put_off, rest = settle_throttled(control, job, result)
    if put_off is not None:
        return put_off
    if isinstance(rest, ApplyResult):
        take_in_after(control, job)
        return settle_apply(control, job, rest)
    return _PLANNED.get(job.kind, settle_plan)(control, job, rest)


_PLANNED: dict[Kind, Callable[[ControlPorts, Job, PlanResult | PlanFailure], Run]] = {
    Kind.DRIFT: settle_check,
    Kind.PREVIEW: settle_preview,
}
