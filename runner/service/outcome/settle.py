"""Record the result of a job."""

from runner.model.job import ApplyResult, Result
from runner.model.run import Kind, Run
from runner.ports import ControlPorts
from runner.service.dispatch import Assignment
from runner.service.outcome.apply import settle_apply
from runner.service.outcome.check_drift import settle_check
from runner.service.outcome.plan import settle_plan
from runner.service.outcome.throttle import settle_throttled


def settle(control: ControlPorts, assignment: Assignment, result: Result) -> Run:
    """Record the result. The claim is let go of after it, so that recovery never sees it free too early."""
    job = assignment.job
    put_off, result = settle_throttled(control, job, result)
    if put_off is not None:
        return put_off
    if isinstance(result, ApplyResult):
        return settle_apply(control, job, result)
    if job.kind is Kind.DRIFT:
        return settle_check(control, job, result)
    return settle_plan(control, job, result)
