"""Apply exactly what was approved: the worker's part, the gate in its middle, and what is recorded of it."""

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from runner.errors import (
    DriftlineError,
    PlanLost,
)
from runner.model.job import ApplyOutcome, ApplyResult, Job, PlanFailure, PlanResult
from runner.model.lock import Lock
from runner.model.run import Event, Kind, Run, State
from runner.ports import (
    Applied,
    ApplyGate,
    Cancel,
    ControlPorts,
    EngineError,
    Execution,
    WorkerPorts,
    Writer,
)
from runner.service.enqueue import DAEMON
from runner.service.plan import APPROVABLE, FRESH, execute_plan, prepare, record_clean, replan

# The worker's part


def execute_apply(
    job: Job, ports: WorkerPorts, cancel: Cancel, gate: ApplyGate, claim_fd: int | None = None
) -> ApplyResult:
    """The approved file while it is fresh; otherwise a new plan under the lock, if it means the same.

    terraform does not look at the cloud again when it applies a saved plan, so an old file could silently
    undo what was mended by hand meanwhile.
    """
    fresh: PlanResult | None = None
    if not _is_fresh(job, ports.clock.now()):
        again = execute_plan(job, ports, cancel, claim_fd, keep_as=FRESH)
        refusal = _compare(job, again)
        if refusal is not None:
            return refusal
        assert isinstance(again, PlanResult)
        fresh = again
    digest, made_at = (fresh.plan_digest, fresh.planned_at) if fresh else (job.plan_digest, job.planned_at)
    try:
        execution = prepare(job, ports, cancel, claim_fd, for_apply=True, lock=True)
        plan_file = _write_plan(job, ports, execution, FRESH if fresh else APPROVABLE, digest)
        ports.workspaces.backup_state(execution.workspace, job.run)
        gate.start(job, digest or "", made_at or ports.clock.now())
    except DriftlineError as error:
        return ApplyResult(ApplyOutcome.NOT_STARTED, error.message, fresh=fresh)
    return replace(_apply(ports, execution, plan_file), fresh=fresh)


def _is_fresh(job: Job, now: datetime) -> bool:
    return job.planned_at is not None and 0 <= (now - job.planned_at).total_seconds() <= job.fresh_for


def _compare(job: Job, again: PlanResult | PlanFailure) -> ApplyResult | None:
    """Why the plan that was made again may not take the place of the approved one, or None."""
    if isinstance(again, PlanFailure):
        return ApplyResult(ApplyOutcome.NOT_STARTED, f"planned again: {again.reason}", again.diagnostics)
    if again.plan_digest is None:
        return ApplyResult(
            ApplyOutcome.NOTHING_LEFT, "planned again: there is nothing left to do", fresh=again
        )
    if again.fingerprint != job.fingerprint:
        return ApplyResult(ApplyOutcome.CHANGED, "planned again: it would do something else now", fresh=again)
    return None


def _write_plan(job: Job, ports: WorkerPorts, execution: Execution, kept_as: str, digest: str | None) -> Path:
    name = f"{kept_as}.tfplan"
    content = ports.artifacts.get(job.run, name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise PlanLost(run=job.name, digest=digest, stack=job.stack.name)
    path = execution.workspace.scratch / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def _apply(ports: WorkerPorts, execution: Execution, plan_file: Path) -> ApplyResult:
    """From here on terraform may have changed something: whatever is not clear is `interrupted`."""
    try:
        outcome = ports.engine.apply(execution, plan_file)
    except DriftlineError as error:
        # The engine raises only before it starts the process. A person still has to look: the next try
        # would end the same way, and under `mode: automatic` it would go on for ever.
        return ApplyResult(ApplyOutcome.FAILED, f"not started: {error.message}")
    if isinstance(outcome, Applied):
        return ApplyResult(ApplyOutcome.APPLIED, outputs=dict(outcome.outputs))
    return _ended_badly(outcome)


def _ended_badly(error: EngineError) -> ApplyResult:
    """`failed` only where terraform ended by itself, said so, and saved what it had done."""
    reason = next((d.summary for d in error.diagnostics if d.severity == "error"), "") or _how(error)
    untouched = not error.begun and error.signal is None and not error.canceled
    if error.stale or (error.state_locked and untouched):
        return ApplyResult(ApplyOutcome.STALE, reason, error.diagnostics)
    if error.command != "apply" and untouched:
        return ApplyResult(ApplyOutcome.FAILED, f"not started: {reason}", error.diagnostics)
    if error.salvaged:
        kept = ", ".join(str(path) for path in error.salvaged)
        reason = f"{reason}; the state that terraform could not save is kept in {kept}"
    unclear = (
        error.signal is not None
        or error.canceled
        or error.exit_code != 1
        or bool(error.unfinished)
        or bool(error.salvaged)
    )
    outcome = ApplyOutcome.INTERRUPTED if unclear else ApplyOutcome.FAILED
    return ApplyResult(outcome, reason, error.diagnostics, unfinished=error.unfinished)


def _how(error: EngineError) -> str:
    if error.signal is not None:
        return f"{error.command} was ended by signal {error.signal}"
    return f"{error.command} ended with exit code {error.exit_code}"


# What is recorded


def settle_apply(control: ControlPorts, job: Job, result: ApplyResult) -> Run:
    """The one final state that is true, and the lock where a person has to look."""
    with control.store.writing() as writer:
        run = writer.run(job.run)
        if result.diagnostics:
            writer.save_diagnostics(run.id, result.diagnostics)
        if run.state is State.APPROVED:
            return _not_applied(control, writer, run, result)
        if result.outcome is ApplyOutcome.APPLIED:
            return _applied(control, writer, run, result)
        if result.outcome is ApplyOutcome.STALE:
            return replan(writer, run, f"terraform refused the plan as stale: {result.reason}")
        event = Event.FAIL_APPLY if result.outcome is ApplyOutcome.FAILED else Event.INTERRUPT
        return half_done(control, writer, run, event, told(result))


def _not_applied(control: ControlPorts, writer: Writer, run: Run, result: ApplyResult) -> Run:
    if run.cancel_requested_by is not None:
        return writer.transition(
            run, Event.CANCEL, by=run.cancel_requested_by, reason="stopped before it began"
        )
    if result.outcome is ApplyOutcome.NOTHING_LEFT:
        done = writer.transition(run, Event.FIND_NOTHING, by=DAEMON, reason=result.reason)
        if run.kind is Kind.CHANGE and not run.targets:
            writer.mark_applied(done)
            record_clean(control, writer, done, f"{done.name} found nothing left to change")
        return done
    if writer.hold(run.stack) is not None:
        # Somebody took the lock meanwhile; the approval stands and waits for them.
        return writer.release(run)
    return replan(writer, run, result.reason)


def _applied(control: ControlPorts, writer: Writer, run: Run, result: ApplyResult) -> Run:
    done = writer.transition(run, Event.SUCCEED, by=DAEMON)
    writer.save_outputs(run.id, result.outputs or {})
    if run.kind is Kind.DESTROY and not run.targets:
        writer.forget_applied(run.stack)
        # Git still declares it; making it again is for a new commit or a person to ask for.
        writer.mark_planned(run.stack, writer.stack(run.stack).inputs)
        writer.schedule_check(run.stack, None)
    elif not run.targets:
        writer.mark_applied(done)
        record_clean(control, writer, done, f"{done.name} was applied")
    return done


def half_done(control: ControlPorts, writer: Writer, run: Run, event: Event, reason: str) -> Run:
    """Final, and the stack stays locked until a person has looked."""
    done = writer.transition(run, event, by=DAEMON, reason=reason)
    if writer.hold(run.stack) is None:
        lock = Lock(
            stack=run.stack,
            holder=done.name,
            reason=f"{done.name} is {done.state}: {reason}",
            since=control.clock.now(),
            run=done.id,
        )
        writer.take_hold(lock, by=DAEMON)
    return done


def told(result: ApplyResult) -> str:
    if not result.unfinished:
        return result.reason
    return f"{result.reason}; begun and not ended: {', '.join(result.unfinished)}"
