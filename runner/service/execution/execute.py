"""Execute one job, whatever its phase."""

from runner.host.log import log
from runner.model.changes.changes import Diagnostic
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job, LockResult, Phase, PlanFailure, Result
from runner.ports.basics import Cancel
from runner.ports.keeping import HeldClaim
from runner.ports.worker import ApplyGate, WorkerPorts
from runner.service.execution.apply import execute_adopt, execute_apply
from runner.service.execution.export import settle_tree
from runner.service.execution.plan import execute_plan
from runner.service.execution.unlock import execute_unlock


def execute(
    job: Job,
    ports: WorkerPorts,
    cancel: Cancel,
    gate: ApplyGate,
    claim: HeldClaim,
    leave: Cancel | None = None,
    ends: Cancel | None = None,
) -> Result:
    """Plain data in, plain data out; a bug becomes a failed run with its reason, never a lost one."""
    try:
        match job.phase:
            case Phase.PLAN:
                return execute_plan(job, ports, cancel, claim)
            case Phase.APPLY:
                return execute_apply(job, ports, cancel, gate, claim, leave, ends)
            case Phase.ADOPT:
                return execute_adopt(job, ports, cancel, claim, leave)
            case Phase.SEE_LOCK | Phase.UNLOCK:
                return execute_unlock(job, ports, cancel, claim)
    except Exception as bug:
        log.exception("job.bug", run=job.name, stack=job.stack.name)
        reason = f"internal error: {type(bug).__name__}: {bug}"
        return _failed(job, claim, reason)
    finally:
        settle_tree(job, ports)


def _failed(job: Job, claim: HeldClaim, reason: str) -> Result:
    match job.phase:
        case Phase.PLAN:
            return PlanFailure((Diagnostic("error", reason),), reason)
        case Phase.SEE_LOCK | Phase.UNLOCK:
            return LockResult(reason=reason)
        case Phase.APPLY | Phase.ADOPT:
            unseen = job.phase is Phase.APPLY or claim.running()
            return ApplyResult(ApplyOutcome.UNSEEN if unseen else ApplyOutcome.INTERRUPTED, reason)
