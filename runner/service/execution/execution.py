"""What every engine command of a job gets."""

from runner.model.code.judged import UNKNOWN
from runner.model.engine.choice import Allowed
from runner.model.execution.inspected import Inspected
from runner.model.execution.job import Job
from runner.model.stack.engine_wants import ANY
from runner.ports.basics import Cancel
from runner.ports.engine import Execution
from runner.ports.keeping import HeldClaim
from runner.ports.worker import WorkerPorts
from runner.ports.workspace import Workspace


def execution_of(
    job: Job,
    ports: WorkerPorts,
    workspace: Workspace,
    cancel: Cancel,
    claim: HeldClaim | None,
    *,
    for_apply: bool,
    inspected: Inspected | None = None,
) -> Execution:
    allow = job.source.allow
    return Execution(
        run=job.name,
        stack=job.stack,
        source=job.source.name,
        workspace=workspace,
        log=ports.workspaces.log(job.run),
        cancel=cancel,
        for_apply=for_apply,
        claim=claim,
        expected=job.expected,
        served=job.served,
        nonsensitive=allow.nonsensitive,
        state_folders=allow.state_folders,
        writable_modules=allow.writable_modules,
        wants=ANY if inspected is None else inspected.wants,
        judged=UNKNOWN if inspected is None else inspected.judged,
        allowed_engines=Allowed.by(allow, job.source.name, job.stack.engine),
        bound=job.bound,
    )
