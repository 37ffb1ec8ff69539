"""Recording a plan: nothing to do, offered for approval, or failed."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from runner import failpoint
from runner.model.approval.rules import needed
from runner.model.audit.actor import DAEMON, RULE
from runner.model.changes.warnings import also_failing
from runner.model.code.known_inputs import moved
from runner.model.execution.job import Job, PlanFailure, PlanResult
from runner.model.healing.verdict import Verdict
from runner.model.plan.step import Step
from runner.model.run.life import Event, Kind, Run, State, Trigger
from runner.model.schedule.waiting import HELD, LONGEST, pause
from runner.model.stack.definition import DriftStatus
from runner.model.warm.compared import found_wrong
from runner.model.warm.probe import ProbeFacts
from runner.ports.control import ControlPorts
from runner.ports.records.joined import OutcomeWriter
from runner.ports.records.runs import RunFilter, RunReader, RunWriter
from runner.ports.records.store import Writer
from runner.service.approval.bind import bind, remember_state
from runner.service.approval.healing import healed, run_verdict, stack_heal_terms
from runner.service.approval.terms import run_terms
from runner.service.outcome.leave import left_by_destroy
from runner.service.outcome.objects import record_objects
from runner.service.outcome.outputs import record_read_outputs
from runner.service.outcome.probe import remember_distrust, remember_probe
from runner.service.outcome.recording import recording
from runner.service.queue.enqueue import add_again, add_change
from runner.service.queue.next_check import next_check


def settle_plan(control: ControlPorts, job: Job, result: PlanResult | PlanFailure) -> Run:
    """Record the end of a change's or a destroy's plan: nothing to do, offered for approval, or failed."""
    with recording(control, job, result) as (writer, run):
        if isinstance(result, PlanFailure):
            return fail_plan(control, writer, run, result)
        if again := queued_for_full_plan(writer, run, result.probe):
            return again
        record_seen(control, writer, run, result)
        writer.save_plan(run.id, result.changes)
        if result.changes.empty:
            return _nothing(control, writer, run, result)
        stack = writer.stack(run.stack)
        if run.follows_git and moved(run.inputs, stack.inputs):
            return writer.transition(
                run, Event.SUPERSEDE, by=DAEMON, reason="Git changed while it was being planned"
            )
        began = time.monotonic()
        offered = _offer(control, writer, run, result)
        offer = Step("offer", round(time.monotonic() - began, 3))
        writer.save_steps(run.id, (*result.steps, offer))
        failpoint.reach("plan.before_commit")
    failpoint.reach("plan.after_commit")
    return offered


def fail_plan(control: ControlPorts, writer: Writer, run: Run, failure: PlanFailure) -> Run:
    writer.save_diagnostics(run.id, failure.diagnostics)
    remember_distrust(writer, run, failure.probe)
    void_plans(control, writer, failure.probe, besides=run)
    if failure.canceled and run.cancel_requested_by is None:
        return writer.transition(run, Event.REQUEUE, by=DAEMON, reason="the daemon stopped in the meantime")
    if failure.canceled and run.cancel_requested_by == DAEMON:
        return again_after_others(writer, run)
    if failure.canceled:
        return writer.transition(
            run, Event.CANCEL, by=run.cancel_requested_by or DAEMON, reason=failure.reason
        )
    if failure.state_locked:
        return put_off(writer, run, Event.REQUEUE, control.clock.now(), f"{HELD}: {failure.reason}")
    return writer.transition(run, Event.FAIL_PLAN, by=DAEMON, reason=failure.reason)


def again_after_others(writer: RunWriter, run: Run) -> Run:
    """The daemon stopped a preview, which was in the way."""
    reason = "another run of the stack came first"
    return writer.transition(run, Event.REQUEUE, by=DAEMON, reason=reason, cancel_requested_by=None)


def put_off(writer: RunWriter, run: Run, event: Event, now: datetime, reason: str) -> Run:
    """Nothing was changed; it is retried later, with growing delays."""
    return writer.transition(
        run, event, by=DAEMON, reason=reason, wait_until=now + pause(run.waits), waits=run.waits + 1
    )


def found_fields(result: PlanResult) -> dict[str, Any]:
    """What a plan found, as columns of its run."""
    return {
        "summary": result.changes.summary,
        "fingerprint": result.fingerprint,
        "planned_at": result.planned_at,
        "engine_version": result.engine_version,
    }


def _plan_fields(result: PlanResult) -> dict[str, Any]:
    return {**found_fields(result), "plan_digest": result.plan_digest, "waits": 0}


def _nothing(control: ControlPorts, writer: OutcomeWriter, run: Run, result: PlanResult) -> Run:
    """An empty plan of the whole stack means two things: the code is applied, and the cloud matches it."""
    done = writer.transition(run, Event.FIND_NOTHING, by=DAEMON, **_plan_fields(result))
    if run.kind is Kind.CHANGE and not run.targets and result.changes.complete:
        writer.mark_applied(done)
        failing = writer.save_failing_checks(run.stack, result.warnings)
        record_clean(control, writer, done, f"{done.name} found nothing to change{also_failing(failing)}")
    left_by_destroy(control, writer, done)
    return done


def record_clean(control: ControlPorts, writer: OutcomeWriter, run: Run, reason: str) -> None:
    """The cloud matches what is applied: resolve the report, and schedule the next check."""
    writer.save_check(run.stack, DriftStatus.CLEAN, reason)
    report = writer.current_report(run.stack)
    if report is not None:
        control.reports.file(writer.resolve_report(report, by=DAEMON, reason=reason))
    writer.schedule_check(
        run.stack, next_check(writer.stack(run.stack), control.settings.drift, control.clock.now())
    )


def _offer(control: ControlPorts, writer: Writer, run: Run, result: PlanResult) -> Run:
    binding = bind(control, writer, run, result)
    writer.save_binding(run.id, binding)
    broken = binding.guard_rails
    verdict = _heal_verdict(control, writer, run, result)
    offered = writer.transition(
        run,
        Event.OFFER,
        by=DAEMON,
        reason="; ".join(broken) or _not_healed(verdict),
        binding_digest=binding.digest,
        **_plan_fields(result),
    )
    terms = run_terms(control.settings, writer, offered)  # with its summary, which some rules are about
    count = needed(terms, run.kind, result.changes.summary.destroys)
    if count == 0 and not broken and terms.mode != "never":
        key = "mode" if terms.mode == "automatic" else "required"
        return writer.transition(
            offered, Event.APPROVE, by=RULE, reason=f"no approval needed ({terms.why(key)})"
        )
    if verdict is not None and verdict.heals:
        return writer.transition(
            offered, Event.APPROVE, by=RULE, reason=healed(verdict), healed_by=verdict.marks
        )
    return offered


def _heal_verdict(control: ControlPorts, writer: Writer, run: Run, result: PlanResult) -> Verdict | None:
    """On a heal that a check began for a stack that reconciles; every other plan is for people."""
    if run.report is None or run.kind is not Kind.CHANGE or run.requested_by != DAEMON:
        return None
    if stack_heal_terms(control.settings, writer, writer.stack(run.stack)).action != "reconcile":
        return None
    planned = replace(run, summary=result.changes.summary)  # which some rules are about
    return run_verdict(
        control.settings, control.clock, writer, planned, result.changes, result.facts, result.judged
    )


def _not_healed(verdict: Verdict | None) -> str:
    return "" if verdict is None or verdict.heals else f"not healed by rule: {verdict.why_not}"


def replan(writer: Writer, run: Run, reason: str, now: datetime) -> Run:
    """Supersede a run and queue its fresh plan, since an answer to the old one does not apply to the new one.

    If the previous plan ended the same way, and nobody approved this one, the fresh one waits: a rule that
    approves automatically would repeat it forever.
    """
    loops = replaced_run(writer, run) is not None and not writer.approvals(run.id)
    superseded = writer.transition(run, Event.SUPERSEDE, by=DAEMON, reason=reason)
    if run.follows_git:
        stack = writer.stack(run.stack)
        fresh = add_change(writer, stack, trigger=Trigger.REPLAN, by=run.requested_by, reason=reason)
    else:
        fresh = add_again(writer, run, reason=reason)
    if loops:
        fresh = writer.annotate(fresh, wait_until=now + LONGEST)
    return writer.annotate(superseded, superseded_by=fresh.id)


def record_seen(control: ControlPorts, writer: Writer, run: Run, result: PlanResult) -> None:
    """What every plan sees besides its changes: warnings, the state and its objects, outputs of others, and providers."""
    if result.warnings:
        writer.save_diagnostics(run.id, result.warnings)
    remember_state(control, writer, run, result.facts)
    remember_probe(writer, run, result.probe)
    void_plans(control, writer, result.probe, besides=run)
    record_read_outputs(writer, run, result)
    record_objects(writer, run, result.objects)


def void_plans(control: ControlPorts, writer: Writer, seen: ProbeFacts | None, *, besides: Run) -> None:
    """Plan again what waits with a plan by warm providers that have just disagreed with a full plan."""
    if seen is None or not seen.disagreed:
        return
    found = {run: provider for provider in seen.providers for run in writer.planned_with(provider)}
    for run_id, provider in found.items():
        run = writer.run(run_id)
        if run_id != besides.id and run.claim is None:
            reason = f"planned with warm providers, and {provider.name} disagreed with a full plan in {besides.name}"
            replan(writer, run, reason, control.clock.now())


def queued_for_full_plan(writer: Writer, run: Run, seen: ProbeFacts | None) -> Run | None:
    """Queued again, if a provider that it was planned with alone was found wrong in the meantime."""
    wrong = None if seen is None else found_wrong(seen.how, writer.distrusted())
    if wrong is None:
        return None
    reason = f"planned with warm providers, and {wrong.name} disagreed with a full plan in the meantime"
    return writer.transition(run, Event.REQUEUE, by=DAEMON, reason=reason)


def replaced_run(reader: RunReader, run: Run) -> Run | None:
    """The run that this one replaced."""
    others = reader.runs(RunFilter(stack=run.stack, states=frozenset({State.SUPERSEDED}), limit=20))
    return next((one for one in others if one.superseded_by == run.id), None)
