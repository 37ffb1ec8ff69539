"""What happens to a run that a provider throttled, and to the others in its account."""

from dataclasses import replace
from datetime import datetime

from runner.host.log import log
from runner.model.execution.job import ApplyOutcome, Job, PlanFailure, PlanResult, RunResult
from runner.model.run.life import Event, Run
from runner.model.schedule.throttling import MAX_WAITS, WHY, throttled, throttling
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer
from runner.service.outcome.plan import put_off
from runner.service.outcome.recording import recording


def settle_throttled(control: ControlPorts, job: Job, result: RunResult) -> tuple[Run | None, RunResult]:
    """Its account gets fewer runs for a while. A run that has not begun to change anything is queued again, for later.

    Returns the run if that is all there is to record; and the result, which delays an apply that has not
    begun.
    """
    if isinstance(result, PlanResult) or (isinstance(result, PlanFailure) and result.canceled):
        return None, result
    said = throttling(result.diagnostics)
    if said is None:
        return None, result
    with recording(control, job, result) as (writer, run):
        now = control.clock.now()
        _slow_down(writer, run, now, said)
        if run.final or run.waits >= MAX_WAITS or run.cancel_requested_by is not None:
            return None, result
        reason = f"{WHY}{said}"
        if isinstance(result, PlanFailure):
            writer.save_diagnostics(run.id, result.diagnostics)
            return put_off(writer, run, Event.REQUEUE, now, reason), result
    # Planned again right before the apply: the approval stands.
    early = result.outcome is ApplyOutcome.NOT_STARTED
    return None, replace(result, outcome=ApplyOutcome.DELAYED, reason=reason) if early else result


def _slow_down(writer: Writer, run: Run, now: datetime, said: str) -> None:
    if not run.account:
        return
    executing = sum(one.account == run.account for one in writer.executing_runs())
    before = writer.throttles().get(run.account)
    began = run.claim.since if run.claim is not None else now
    after = throttled(before, run.account, executing, began, now, said)
    if after is not before:
        writer.save_throttle(after)
        log.warning(
            "account.throttled",
            account=run.account,
            at_most=after.at_most,
            until=f"{after.until:%H:%M:%S}",
            reason=said,
        )
