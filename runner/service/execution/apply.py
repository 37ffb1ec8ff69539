"""Apply exactly what was approved: the worker's part, with the gate inside it."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from runner.errors import (
    ArtifactStoreFailed,
    CheckpointFailed,
    ContextUnresolved,
    DatabaseRolledBack,
    DatabaseUnwritable,
    DiskFull,
    DriftlineError,
    NoRoom,
    PlanLost,
    StateNotWritten,
    WindowClosed,
)
from runner.host.files import write_whole
from runner.model.approval.binding import OLDER_FORM, SCHEMA
from runner.model.approval.differences import MAX_NAMED, difference
from runner.model.changes.bounded import bounded
from runner.model.changes.changes import ChangeSet, Diagnostic, error_summary
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job, PlanFailure, PlanResult
from runner.model.policy.result import stricter
from runner.model.stack.state_file import torn_sentence
from runner.model.values.clock import age
from runner.model.values.codec import from_plain
from runner.model.values.frozen import dataclass
from runner.ports.basics import Cancel
from runner.ports.engine import Applied, ApplyEnd, EngineError, Execution, NotBegun, StillApplying
from runner.ports.keeping import HeldClaim
from runner.ports.worker import ApplyGate, WorkerPorts
from runner.service.execution.execution import execution_of
from runner.service.execution.facts import facts_now
from runner.service.execution.known_secrets import known
from runner.service.execution.objects import keep_objects
from runner.service.execution.outputs import keep_outputs
from runner.service.execution.plan import APPROVABLE, FRESH, confined, execute_plan, prepare

# These say nothing about the plan or its approval, and are fixed without knowing this run.
_PASSING = (
    ArtifactStoreFailed,
    CheckpointFailed,
    ContextUnresolved,
    DatabaseRolledBack,
    DatabaseUnwritable,
    DiskFull,
    NoRoom,
    StateNotWritten,
)
_PUT_BACK = ApplyResult(ApplyOutcome.PUT_BACK, "the daemon stopped in the meantime")


def execute_apply(
    job: Job,
    ports: WorkerPorts,
    cancel: Cancel,
    gate: ApplyGate,
    claim: HeldClaim | None = None,
    leave: Cancel | None = None,
    ends: Cancel | None = None,
) -> ApplyResult:
    """The approved file while it is fresh; otherwise a new plan under the lock, if it does the same.

    terraform does not refresh when it applies a saved plan, so an old file could silently undo a manual fix.
    If `leave` is set while terraform runs, it is left running. Nothing starts if `ends` says that this process only
    waits for what it started.
    """
    if job.form is not None and job.form < SCHEMA:
        return ApplyResult(ApplyOutcome.CHANGED, OLDER_FORM)
    over = _Any((leave, ends))
    fresh: PlanResult | None = None
    if not _is_fresh(job, ports.clock.now()):
        again = execute_plan(job, ports, _Any((cancel, leave, ends)), claim, keep_as=FRESH)
        if over.is_set():
            return replace(_PUT_BACK, probe=again.probe)
        refusal = _compare(job, ports, again)
        if refusal is not None:
            return refusal
        assert isinstance(again, PlanResult)
        fresh = again
    if over.is_set():
        return replace(_PUT_BACK, probe=fresh.probe if fresh else None)
    digest = (fresh.plan_digest if fresh else job.plan_digest) or ""
    try:
        execution = replace(prepare(job, ports, cancel, claim, for_apply=True, lock=True), leave=leave)
        plan_file = _write_plan(job, ports, execution, FRESH if fresh else APPROVABLE, digest)
        ports.workspaces.backup_state(execution.workspace, job.run)
        gate.start(job, digest, facts_now(ports, execution, plan_file, fresh))
    except DriftlineError as error:
        moved = error.facts.get("moved", "")
        return ApplyResult(_kept_from(error), error.message, moved=moved, fresh=fresh)
    result = _apply(job, ports, execution, plan_file, digest)
    moved = ", ".join(fresh.changes.moving[:MAX_NAMED]) if fresh else ""
    if moved and result.outcome is ApplyOutcome.APPLIED:
        note = f"planned again right before; only the time of the plan differed: {moved}"
        result = replace(result, reason="; ".join(filter(None, [result.reason, note])))
    return replace(result, fresh=fresh)


def _kept_from(error: DriftlineError) -> ApplyOutcome:
    """What becomes of a run that something kept from starting."""
    if isinstance(error, WindowClosed):
        return ApplyOutcome.PUT_BACK
    return ApplyOutcome.DELAYED if isinstance(error, _PASSING) else ApplyOutcome.NOT_STARTED


@dataclass(frozen=True)
class _Any:
    """A person asked to stop, or this process ends: a plan that only precedes the apply obeys both."""

    cancels: tuple[Cancel | None, ...]

    def is_set(self) -> bool:
        return any(cancel is not None and cancel.is_set() for cancel in self.cancels)

    def wait(self, timeout: float | None = None) -> bool:
        first = self.cancels[0]
        return (first is not None and first.wait(timeout)) or self.is_set()


def execute_adopt(
    job: Job, ports: WorkerPorts, cancel: Cancel, claim: HeldClaim, leave: Cancel | None = None
) -> ApplyResult:
    """The end of an apply that another process started: followed while it runs, otherwise judged by its files.

    It is also left to a later attempt if the end cannot be determined right now.
    """
    try:
        before = known(job, ports)
        workspace = ports.workspaces.reopen(job.run, job.folder)
        execution = replace(
            execution_of(job, ports, workspace, cancel, claim, for_apply=True),
            leave=leave,
            secrets=before.texts,
            context_secrets=before.contexts,
        )
        return _result_of(job, ports, execution, ports.engine.adopt(execution, job.executed_digest or ""))
    except _PASSING as error:
        return ApplyResult(ApplyOutcome.LEFT, error.message)


def _is_fresh(job: Job, now: datetime) -> bool:
    """A file that may have been handed to terraform already is not handed over again."""
    return (
        job.executed_digest is None
        and job.planned_at is not None
        and now >= job.planned_at
        and age(job.planned_at, now, job.newest).total_seconds() <= job.fresh_for
    )


def _compare(job: Job, ports: WorkerPorts, again: PlanResult | PlanFailure) -> ApplyResult | None:
    """Why the new plan may not replace the approved one, or None."""
    if isinstance(again, PlanFailure) and again.state_locked:
        return ApplyResult(ApplyOutcome.STATE_LOCKED, again.reason, again.diagnostics, probe=again.probe)
    if isinstance(again, PlanFailure):
        reason = f"planned again: {again.reason}"
        return ApplyResult(ApplyOutcome.NOT_STARTED, reason, again.diagnostics, probe=again.probe)
    if again.plan_digest is None:
        return ApplyResult(
            ApplyOutcome.NOTHING_LEFT, "planned again: there is nothing left to do", fresh=again
        )
    if again.fingerprint != job.fingerprint:
        why = difference(_approved(job, ports), again.changes)
        reason = f"planned again: {why.sentence}"
        return ApplyResult(
            ApplyOutcome.CHANGED, reason, moved=why.sentence if why.by_value else "", fresh=again
        )
    if worse := stricter(job.judged.results, again.judged.results):
        return ApplyResult(ApplyOutcome.CHANGED, f"planned again: {'; '.join(worse)}", fresh=again)
    return None


def _approved(job: Job, ports: WorkerPorts) -> ChangeSet | None:
    """The approved changes, if still available: they only serve to name the difference."""
    try:
        # Bounded like the new one: long values are cut.
        return bounded(from_plain(ChangeSet, json.loads(ports.artifacts.get(job.run, f"{APPROVABLE}.json"))))
    except (DriftlineError, ValueError):
        return None


def _write_plan(job: Job, ports: WorkerPorts, execution: Execution, kept_as: str, digest: str | None) -> Path:
    name = f"{kept_as}.tfplan"
    content = ports.artifacts.get(job.run, name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise PlanLost(run=job.name, digest=digest, stack=job.stack.name)
    # Not where an earlier run's processes could replace it after the comparison.
    path = execution.workspace.control / name
    write_whole(path, content, durable=False)
    return path


def _apply(job: Job, ports: WorkerPorts, execution: Execution, plan_file: Path, digest: str) -> ApplyResult:
    """From here on terraform may have changed something: anything unclear is `interrupted`."""
    try:
        end = ports.engine.apply(execution, plan_file, digest)
    except DriftlineError as error:
        # The engine raises only before it starts the process. A person still has to look: the next attempt
        # would end the same way, and under `mode: automatic` it would repeat forever.
        return ApplyResult(ApplyOutcome.FAILED, f"not started: {error.message}")
    return _result_of(job, ports, execution, end)


def _result_of(job: Job, ports: WorkerPorts, execution: Execution, outcome: ApplyEnd) -> ApplyResult:
    if isinstance(outcome, Applied):
        reason, warnings = _passed_over(outcome.failed_actions)
        diagnostics = (*outcome.diagnostics, *warnings)
        return ApplyResult(
            ApplyOutcome.APPLIED,
            reason,
            diagnostics,
            outputs=dict(outcome.outputs),
            state_outputs=keep_outputs(job, ports, execution),
            state_objects=keep_objects(job, ports, execution),
        )
    if isinstance(outcome, NotBegun):
        return ApplyResult(ApplyOutcome.SPENT if outcome.spent else ApplyOutcome.NOT_BEGUN, outcome.reason)
    if isinstance(outcome, StillApplying):
        return ApplyResult(ApplyOutcome.LEFT, outcome.reason)
    result = _ended_badly(outcome)
    torn = ports.workspaces.put_back_torn_states(execution.workspace, job.run)
    return replace(result, reason="; ".join([result.reason, *map(torn_sentence, torn)]))


def _passed_over(failed: tuple[str, ...]) -> tuple[str, tuple[Diagnostic, ...]]:
    """What a person should know about an apply that continued although an action failed."""
    if not failed:
        return "", ()
    reason = f"applied, but {_actions(failed)} failed and the code lets the apply continue"
    return reason, tuple(
        Diagnostic("warning", f"{one} failed, but the apply continued (on_failure = continue)", address=one)
        for one in failed
    )


def _actions(failed: tuple[str, ...]) -> str:
    return f"action{'s' if failed[1:] else ''} {', '.join(failed)}"


def _ended_badly(error: EngineError) -> ApplyResult:
    """`failed` only if terraform exited by itself, reported it, and saved what it had done."""
    first = error_summary(error.diagnostics)
    reason = _how(error) if error.lost or error.signal is not None else first or _how(error)
    if error.failed_actions and not error.lost and error.signal is None:
        reason = f"{_actions(error.failed_actions)} failed: {reason}"
    untouched = not error.begun and error.signal is None and not error.canceled and not error.lost
    if error.stale and untouched:
        return ApplyResult(ApplyOutcome.STALE, reason, error.diagnostics)
    if error.state_locked and untouched:
        return ApplyResult(ApplyOutcome.STATE_LOCKED, error.holder, error.diagnostics)
    if error.command != "apply" and untouched:
        return ApplyResult(ApplyOutcome.FAILED, f"not started: {reason}", error.diagnostics)
    reason += confined(error)
    if error.undestroyed:
        reason = f"{reason}; not destroyed: the replaced object of {', '.join(error.undestroyed)}"
    if error.salvaged:
        kept = ", ".join(str(path) for path in error.salvaged)
        reason = f"{reason}; the state that terraform could not save is in {kept}"
    if error.doubt and error.doubt != reason:
        reason = f"{reason}; {error.doubt}"
    outcome = ApplyOutcome.INTERRUPTED if error.unclear else ApplyOutcome.FAILED
    return ApplyResult(
        outcome, reason, error.diagnostics, unfinished=error.unfinished, evidence=error.evidence
    )


def _how(error: EngineError) -> str:
    if error.lost:
        return f"the process that ran {error.command} is gone, and its outcome is unknown"
    if error.signal is not None:
        return f"{error.command} was ended by signal {error.signal}"
    return f"{error.command} exited with code {error.exit_code}"
