"""Record the result of a job."""

from collections.abc import Callable

from runner.model.execution.job import (
    ApplyOutcome,
    ApplyResult,
    Job,
    LockResult,
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
from runner.service.queue.assignment import Assignment
from runner.service.state.file import take_in_after


def settle(control: ControlPorts, assignment: Assignment, result: Result) -> Run:
    """Record the result. The claim is released afterwards, so that recovery never sees it free too early."""
    job = assignment.job
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
