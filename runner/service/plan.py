"""Plan one stack at one revision: the worker's part, and what is recorded of it."""

import json
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from runner import failpoint
from runner.errors import DriftlineError, StateUnsaved
from runner.model.approving import needed
from runner.model.codec import to_plain
from runner.model.fingerprint import MARK_DIGITS, fingerprint, seal
from runner.model.job import Job, PlanFailure, PlanResult
from runner.model.plan import ChangeSet, Diagnostic
from runner.model.plan_json import plan_problem, read_plan
from runner.model.run import Event, Kind, Run, Trigger
from runner.model.secret import Secrets
from runner.model.stack import DriftStatus
from runner.model.taxonomy import absorbed, classify, drift_fingerprint
from runner.model.waiting import pause
from runner.ports import (
    Cancel,
    ControlPorts,
    EngineError,
    Execution,
    HeldClaim,
    Planned,
    WorkerPorts,
    Workspace,
    Writer,
)
from runner.service.bind import bind, remember_state
from runner.service.cron import next_check
from runner.service.enqueue import DAEMON, add_again, add_change
from runner.service.export import export_tree
from runner.service.inspect import refuse_unsafe
from runner.service.known_secrets import known, remember
from runner.service.probe import look, remember_probe

APPROVABLE = "plan"  # the artifacts plan.tfplan and plan.json: what a person is asked about
FRESH = "fresh"  # the same, made again under the lock


# The worker's part


def execute_plan(
    job: Job, ports: WorkerPorts, cancel: Cancel, claim: HeldClaim | None = None, *, keep_as: str = APPROVABLE
) -> PlanResult | PlanFailure:
    """Export the tree, plan, read the plan, keep its artifacts. Nothing is recorded here."""
    started = time.monotonic()
    try:
        execution = prepare(job, ports, cancel, claim, lock=job.kind is not Kind.DRIFT)
        outcome, seen = look(job.probing, ports.engine, execution)
        if isinstance(outcome, EngineError):
            return _failure(outcome)
        result = _read(job, ports, outcome, started, keep_as)
        return replace(result, probe=seen) if isinstance(result, PlanResult) else result
    except DriftlineError as error:
        return PlanFailure((Diagnostic("error", error.message, error.hint),), error.message)


def prepare(
    job: Job,
    ports: WorkerPorts,
    cancel: Cancel,
    claim: HeldClaim | None,
    *,
    for_apply: bool = False,
    lock: bool = False,
) -> Execution:
    unsaved = ports.workspaces.unsaved_states(job.stack.name)
    if unsaved:
        # Named after the run that could not save it.
        run = unsaved[0].name.partition(".")[0]
        raise StateUnsaved(run=run, stack=job.stack.name, path=unsaved[0])
    refuse_unsafe(ports, job)
    tree = export_tree(job, ports, claim)
    workspace: Workspace = ports.workspaces.prepare(
        job.run, job.stack.name, tree, job.module_path, managed_state=job.managed_state
    )
    return Execution(
        run=job.name,
        stack=job.stack,
        workspace=workspace,
        log=ports.workspaces.log(job.run),
        cancel=cancel,
        for_apply=for_apply,
        claim=claim,
        targets=job.targets,
        destroy=job.kind is Kind.DESTROY,
        folder=(tree / job.file).parent,
        lock=lock,
        secrets=known(job, ports),
        state_folders=job.source.allow.state_folders,
        writable_modules=job.source.allow.writable_modules,
        key=ports.secrets.fingerprint_key(),
    )


def _failure(error: EngineError) -> PlanFailure:
    if error.canceled:
        return PlanFailure((), "stopped on request", canceled=True)
    if error.timed_out:
        reason = f"terraform {error.command} was stopped at its deadline"
    elif error.signal is not None:
        reason = f"{error.command} was killed by signal {error.signal}"
    elif error.state_locked:
        reason = error.holder
    else:
        first = next((d.summary for d in error.diagnostics if d.severity == "error"), "")
        reason = first or f"{error.command} ended with exit code {error.exit_code}"
    diagnostics = error.diagnostics or (Diagnostic("error", reason, error.tail),)
    return PlanFailure(diagnostics, reason, state_locked=error.state_locked)


def _read(
    job: Job, ports: WorkerPorts, planned: Planned, started: float, keep_as: str
) -> PlanResult | PlanFailure:
    document = planned.document
    now = ports.clock.now()
    if document is None:
        return PlanResult(
            changes=ChangeSet(),
            fingerprint=fingerprint({}, ports.secrets.fingerprint_key()),
            plan_digest=None,
            planned_at=now,
            engine_version=planned.engine_version,
            findings=absorbed(planned.drifted_addresses),
            seconds=time.monotonic() - started,
            facts=planned.facts,
        )
    failpoint.reach("plan.before_artifact")
    allow = job.source.allow
    problem = plan_problem(document, provisioners=allow.provisioners, actions=allow.actions)
    if problem is not None:
        return PlanFailure((Diagnostic("error", problem),), problem)
    key = ports.secrets.fingerprint_key()
    given = Secrets.of(planned.secrets)
    changes = read_plan(
        document, given, planned.around, lambda value: seal("reading", value, key)[:MARK_DIGITS]
    )
    remember(job, ports, document)
    drift = job.kind is Kind.DRIFT
    ports.artifacts.put(job.run, f"{keep_as}.json", json.dumps(to_plain(changes), sort_keys=True).encode())
    return PlanResult(
        changes=changes,
        fingerprint=fingerprint(document, key, planned.around.code),
        # A drift run can never apply: its plan file is not even kept.
        plan_digest=None
        if drift
        else ports.artifacts.put(job.run, f"{keep_as}.tfplan", planned.plan_file.read_bytes()),
        planned_at=now,
        engine_version=planned.engine_version,
        findings=classify(document, job.ignore, given) if drift else (),
        drift_fingerprint=drift_fingerprint(document, job.ignore, key) if drift else None,
        seconds=time.monotonic() - started,
        facts=planned.facts,
        tree="" if drift else ports.git.tree_id(job.source, job.revision),
    )


# What is recorded


def settle_plan(control: ControlPorts, job: Job, result: PlanResult | PlanFailure) -> Run:
    """Record the end of a change's or a destroy's plan: nothing to do, offered for approval, or failed."""
    with control.store.writing() as writer:
        run = writer.run(job.run)
        if isinstance(result, PlanFailure):
            return fail_plan(writer, run, result, control.clock.now())
        remember_state(control, writer, run, result.facts)
        remember_probe(writer, run, result.probe)
        if job.targets == () and result.changes.empty and result.plan_digest is None:
            return _nothing(control, writer, run, result)
        if result.changes.empty:
            return writer.transition(run, Event.FIND_NOTHING, by=DAEMON, **_plan_fields(result))
        writer.save_plan(run.id, result.changes)
        stack = writer.stack(run.stack)
        if run.follows_git and run.inputs != stack.inputs:
            return writer.transition(
                run, Event.SUPERSEDE, by=DAEMON, reason="Git moved on while it was planned"
            )
        offered = _offer(control, writer, run, job, result)
        failpoint.reach("plan.before_commit")
    failpoint.reach("plan.after_commit")
    return offered


def fail_plan(writer: Writer, run: Run, failure: PlanFailure, now: datetime) -> Run:
    writer.save_diagnostics(run.id, failure.diagnostics)
    if failure.canceled and run.cancel_requested_by is None:
        return writer.transition(run, Event.REQUEUE, by=DAEMON, reason="the daemon stopped meanwhile")
    if failure.canceled:
        return writer.transition(
            run, Event.CANCEL, by=run.cancel_requested_by or DAEMON, reason=failure.reason
        )
    if failure.state_locked:
        return put_off(writer, run, Event.REQUEUE, now, f"somebody else holds the state: {failure.reason}")
    return writer.transition(run, Event.FAIL_PLAN, by=DAEMON, reason=failure.reason)


def put_off(writer: Writer, run: Run, event: Event, now: datetime, reason: str) -> Run:
    """Nothing was changed; it is tried again later, and later still each time."""
    return writer.transition(
        run, event, by=DAEMON, reason=reason, wait_until=now + pause(run.waits), waits=run.waits + 1
    )


def _plan_fields(result: PlanResult) -> dict[str, Any]:
    return {
        "summary": result.changes.summary,
        "plan_digest": result.plan_digest,
        "fingerprint": result.fingerprint,
        "planned_at": result.planned_at,
        "engine_version": result.engine_version,
        "waits": 0,
    }


def _nothing(control: ControlPorts, writer: Writer, run: Run, result: PlanResult) -> Run:
    """An empty plan says two things: the code is applied, and the cloud matches it."""
    done = writer.transition(run, Event.FIND_NOTHING, by=DAEMON, **_plan_fields(result))
    if run.kind is Kind.CHANGE:
        writer.mark_applied(done)
        record_clean(control, writer, done, f"{done.name} found nothing to change")
    return done


def record_clean(control: ControlPorts, writer: Writer, run: Run, reason: str) -> None:
    """The cloud matches what is applied: resolve the report, and set the next check."""
    writer.save_check(run.stack, DriftStatus.CLEAN, reason)
    report = writer.current_report(run.stack)
    if report is not None:
        control.reports.file(writer.resolve_report(report, by=DAEMON, reason=reason))
    writer.schedule_check(
        run.stack, next_check(writer.stack(run.stack), control.settings.drift, control.clock.now())
    )


def _offer(control: ControlPorts, writer: Writer, run: Run, job: Job, result: PlanResult) -> Run:
    settings = control.settings
    binding = bind(control, writer, run, job.stack, result)
    writer.save_binding(run.id, binding)
    broken = binding.guard_rails
    offered = writer.transition(
        run,
        Event.OFFER,
        by=DAEMON,
        reason="; ".join(broken),
        binding_digest=binding.digest,
        **_plan_fields(result),
    )
    count = needed(
        job.stack, settings.approvals, job.source.allow, run.kind, destroys=result.changes.summary.destroys
    )
    if count == 0 and not broken and job.stack.apply.mode != "never":
        return writer.transition(
            offered, Event.APPROVE, by="rule", reason="the stack's rules ask for no approval"
        )
    return offered


def replan(writer: Writer, run: Run, reason: str) -> Run:
    """Supersede a run and queue its fresh plan, since an answer to the old one says nothing about the new one."""
    superseded = writer.transition(run, Event.SUPERSEDE, by=DAEMON, reason=reason)
    if run.follows_git:
        stack = writer.stack(run.stack)
        fresh = add_change(writer, stack, trigger=Trigger.REPLAN, by=run.requested_by, reason=reason)
    else:
        fresh = add_again(writer, run, reason=reason)
    return writer.annotate(superseded, superseded_by=fresh.id)
