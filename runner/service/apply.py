"""Apply exactly what was approved: the worker's part, the gate in its middle, and what is recorded of it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from runner import failpoint
from runner.errors import (
    ArtifactStoreFailed,
    CheckpointFailed,
    DatabaseRolledBack,
    DatabaseUnwritable,
    DiskFull,
    DriftlineError,
    NoRoom,
    PlanLost,
    StillApplying,
)
from runner.model.job import ApplyOutcome, ApplyResult, Job, PlanFailure, PlanResult
from runner.model.lock import Lock
from runner.model.run import Event, Kind, Run, State
from runner.model.waiting import MOST_FALSE_STARTS, pause
from runner.ports import (
    Applied,
    ApplyGate,
    Cancel,
    ControlPorts,
    EngineError,
    Execution,
    HeldClaim,
    NotBegun,
    WorkerPorts,
    Writer,
)
from runner.service.bind import facts_now
from runner.service.checkpoint import checkpoint_or_tell
from runner.service.enqueue import DAEMON
from runner.service.known_secrets import known
from runner.service.plan import APPROVABLE, FRESH, execute_plan, prepare, put_off, record_clean, replan

# Says nothing about the plan or its approval, and a person mends it without knowing of this run.
_PASSING = (ArtifactStoreFailed, CheckpointFailed, DatabaseRolledBack, DatabaseUnwritable, DiskFull, NoRoom)

# The worker's part


def execute_apply(
    job: Job,
    ports: WorkerPorts,
    cancel: Cancel,
    gate: ApplyGate,
    claim: HeldClaim | None = None,
    leave: Cancel | None = None,
) -> ApplyResult:
    """The approved file while it is fresh; otherwise a new plan under the lock, if it means the same.

    terraform does not look at the cloud again when it applies a saved plan, so an old file could silently
    undo what was mended by hand meanwhile. StillApplying where `leave` was set while terraform ran.
    """
    fresh: PlanResult | None = None
    if not _is_fresh(job, ports.clock.now()):
        again = execute_plan(job, ports, _Either(cancel, leave), claim, keep_as=FRESH)
        if leave is not None and leave.is_set():
            return ApplyResult(ApplyOutcome.PUT_BACK, "the daemon stopped meanwhile")
        refusal = _compare(job, again)
        if refusal is not None:
            return refusal
        assert isinstance(again, PlanResult)
        fresh = again
    digest = (fresh.plan_digest if fresh else job.plan_digest) or ""
    try:
        execution = replace(prepare(job, ports, cancel, claim, for_apply=True, lock=True), leave=leave)
        plan_file = _write_plan(job, ports, execution, FRESH if fresh else APPROVABLE, digest)
        ports.workspaces.backup_state(execution.workspace, job.run)
        gate.start(job, digest, facts_now(ports, execution, plan_file, fresh))
    except DriftlineError as error:
        outcome = ApplyOutcome.DELAYED if isinstance(error, _PASSING) else ApplyOutcome.NOT_STARTED
        return ApplyResult(outcome, error.message, fresh=fresh)
    return replace(_apply(ports, execution, plan_file, digest), fresh=fresh)


@dataclass(frozen=True)
class _Either:
    """A person asked to stop it, or this process ends: a plan that only comes before the apply obeys both."""

    cancel: Cancel
    leave: Cancel | None

    def is_set(self) -> bool:
        return self.cancel.is_set() or (self.leave is not None and self.leave.is_set())

    def wait(self, timeout: float | None = None) -> bool:
        return self.cancel.wait(timeout) or self.is_set()


def execute_adopt(
    job: Job, ports: WorkerPorts, cancel: Cancel, claim: HeldClaim, leave: Cancel | None = None
) -> ApplyResult:
    """What became of an apply that another process began: followed while it runs, else judged by its files.

    StillApplying also where that can not be found out just now.
    """
    try:
        execution = Execution(
            run=job.name,
            stack=job.stack,
            workspace=ports.workspaces.reopen(job.run, job.stack.name),
            log=ports.workspaces.log(job.run),
            cancel=cancel,
            for_apply=True,
            claim=claim,
            leave=leave,
            secrets=known(job, ports),
        )
        return _told_of(ports.engine.adopt(execution, job.executed_digest or ""))
    except _PASSING as error:
        raise StillApplying(run=job.name) from error


def _is_fresh(job: Job, now: datetime) -> bool:
    """A file that may have been handed to terraform already is not handed to it again."""
    return (
        job.executed_digest is None
        and job.planned_at is not None
        and 0 <= (now - job.planned_at).total_seconds() <= job.fresh_for
    )


def _compare(job: Job, again: PlanResult | PlanFailure) -> ApplyResult | None:
    """Why the plan that was made again may not take the place of the approved one, or None."""
    if isinstance(again, PlanFailure) and again.state_locked:
        return ApplyResult(ApplyOutcome.STATE_LOCKED, again.reason, again.diagnostics)
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


def _apply(ports: WorkerPorts, execution: Execution, plan_file: Path, digest: str) -> ApplyResult:
    """From here on terraform may have changed something: whatever is not clear is `interrupted`."""
    try:
        return _told_of(ports.engine.apply(execution, plan_file, digest))
    except StillApplying:
        raise
    except DriftlineError as error:
        # The engine raises only before it starts the process. A person still has to look: the next try
        # would end the same way, and under `mode: automatic` it would go on for ever.
        return ApplyResult(ApplyOutcome.FAILED, f"not started: {error.message}")


def _told_of(outcome: Applied | EngineError | NotBegun) -> ApplyResult:
    if isinstance(outcome, Applied):
        return ApplyResult(ApplyOutcome.APPLIED, outputs=dict(outcome.outputs))
    if isinstance(outcome, NotBegun):
        return ApplyResult(ApplyOutcome.SPENT if outcome.spent else ApplyOutcome.NOT_BEGUN, outcome.reason)
    return _ended_badly(outcome)


def _ended_badly(error: EngineError) -> ApplyResult:
    """`failed` only where terraform ended by itself, said so, and saved what it had done."""
    first = next((d.summary for d in error.diagnostics if d.severity == "error"), "")
    reason = _how(error) if error.lost or error.signal is not None else first or _how(error)
    untouched = not error.begun and error.signal is None and not error.canceled and not error.lost
    if error.stale and untouched:
        return ApplyResult(ApplyOutcome.STALE, reason, error.diagnostics)
    if error.state_locked and untouched:
        return ApplyResult(ApplyOutcome.STATE_LOCKED, error.holder, error.diagnostics)
    if error.command != "apply" and untouched:
        return ApplyResult(ApplyOutcome.FAILED, f"not started: {reason}", error.diagnostics)
    if error.salvaged:
        kept = ", ".join(str(path) for path in error.salvaged)
        reason = f"{reason}; the state that terraform could not save is kept in {kept}"
    outcome = ApplyOutcome.INTERRUPTED if error.unclear else ApplyOutcome.FAILED
    return ApplyResult(
        outcome, reason, error.diagnostics, unfinished=error.unfinished, evidence=error.evidence
    )


def _how(error: EngineError) -> str:
    if error.lost:
        return f"the process that ran {error.command} is gone, and nobody saw how it ended"
    if error.signal is not None:
        return f"{error.command} was ended by signal {error.signal}"
    return f"{error.command} ended with exit code {error.exit_code}"


# What is recorded


def settle_apply(control: ControlPorts, job: Job, result: ApplyResult) -> Run:
    """The one final state that is true, and the lock where a person has to look."""
    with control.store.writing() as writer:
        run = writer.run(job.run)
        # Rejected before it began, or recorded by somebody else: what comes late changes nothing.
        if run.final:
            return run
        if result.diagnostics:
            writer.save_diagnostics(run.id, result.diagnostics)
        if result.evidence is not None:
            writer.save_evidence(run.id, result.evidence)
        if run.state is State.APPROVED:
            ended = _not_applied(control, writer, run, result)
        else:
            ended = _ended(control, writer, run, result)
        failpoint.reach("record.before_commit")
    failpoint.reach("record.after_commit")
    checkpoint_or_tell(control)
    return ended


# Nothing was changed: a fresh plan is made, or the same approval is tried again later.
_REPLANNED = {
    ApplyOutcome.STALE: "terraform refused the plan as stale",
    ApplyOutcome.SPENT: "not applied again",
}
_PUT_OFF = {
    ApplyOutcome.STATE_LOCKED: "somebody else holds the state",
    ApplyOutcome.NOT_BEGUN: "terraform was never started",
}
_LATER = {
    ApplyOutcome.STATE_LOCKED: _PUT_OFF[ApplyOutcome.STATE_LOCKED],
    ApplyOutcome.DELAYED: "tried again later",
}
_FAILED = frozenset({ApplyOutcome.FAILED, ApplyOutcome.NOT_BEGUN})


def _ended(control: ControlPorts, writer: Writer, run: Run, result: ApplyResult) -> Run:
    """The end of a run whose apply was recorded as begun."""
    outcome = result.outcome
    if outcome is ApplyOutcome.APPLIED:
        return _applied(control, writer, run, result)
    if outcome is ApplyOutcome.UNSEEN:
        # Our own failure says nothing of terraform: its files do, and recovery reads them.
        raise StillApplying(run=run.name)
    if outcome in _REPLANNED:
        return replan(writer, run, f"{_REPLANNED[outcome]}: {result.reason}")
    endless = outcome is ApplyOutcome.NOT_BEGUN and run.waits >= MOST_FALSE_STARTS
    if outcome in _PUT_OFF and not endless:
        reason = f"{_PUT_OFF[outcome]}: {result.reason}"
        return put_off(writer, run, Event.NOT_BEGUN, control.clock.now(), reason)
    event = Event.FAIL_APPLY if outcome in _FAILED else Event.INTERRUPT
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
    if result.outcome in _LATER:
        until = control.clock.now() + pause(run.waits)
        reason = f"{_LATER[result.outcome]}: {result.reason}"
        return writer.annotate(writer.release(run), reason=reason, wait_until=until, waits=run.waits + 1)
    if result.outcome is ApplyOutcome.PUT_BACK or writer.hold(run.stack) is not None:
        # This process ends, or somebody took the lock meanwhile; the approval stands and waits.
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
