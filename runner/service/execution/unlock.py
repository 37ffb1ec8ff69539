"""Terraform's lock on a state: seen, or freed, where a run of the stack was executed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from runner.errors import DriftlineError
from runner.model.changes.changes import first_error
from runner.model.execution.job import Job, LockResult, Phase
from runner.ports.basics import Cancel
from runner.ports.engine import EngineError, Execution
from runner.ports.keeping import HeldClaim
from runner.ports.worker import WorkerPorts
from runner.service.execution.execution import execution_of
from runner.service.execution.export import checked_out


def execute_unlock(job: Job, ports: WorkerPorts, cancel: Cancel, claim: HeldClaim) -> LockResult:
    """A state that an apply could not save is no obstacle: it can only be pushed once the lock is gone."""
    try:
        with _in_workspace(job, ports, cancel, claim) as execution:
            return _see(ports, execution) if job.phase is Phase.SEE_LOCK else _free(job, ports, execution)
    except DriftlineError as error:
        return LockResult(reason=error.message, hint=error.hint, exit_code=error.exit_code)


def _see(ports: WorkerPorts, execution: Execution) -> LockResult:
    there = ports.engine.state_lock(execution)
    return _failed(execution, there) if isinstance(there, EngineError) else LockResult(there)


def _free(job: Job, ports: WorkerPorts, execution: Execution) -> LockResult:
    problem = ports.engine.force_unlock(execution, job.lock_id)
    return LockResult() if problem is None else _failed(execution, problem)


def _failed(execution: Execution, error: EngineError) -> LockResult:
    first = first_error(error.diagnostics)
    message = " ".join((first.detail or first.summary).split()) if first else ""
    reason = f'stack "{execution.stack.name}": {error.command} failed: {message}'
    return LockResult(reason=reason, hint="driftline doctor")


@contextmanager
def _in_workspace(job: Job, ports: WorkerPorts, cancel: Cancel, claim: HeldClaim) -> Iterator[Execution]:
    tree, workspace, found = checked_out(job, ports, claim)
    try:
        execution = execution_of(job, ports, workspace, cancel, claim, for_apply=True, inspected=found)
        yield replace(execution, folder=(tree / job.file).parent)
    finally:
        ports.workspaces.discard(job.run)
