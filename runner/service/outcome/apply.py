"""The end of an apply: the one final state that is true, and a lock if a person has to look."""

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.changes.warnings import also_failing
from runner.model.execution.job import ApplyOutcome, ApplyResult, Job
from runner.model.run.life import Event, Kind, Run, State
from runner.model.schedule.waiting import HELD, MAX_FALSE_STARTS, pause
from runner.model.stack.lock import Lock
from runner.ports.control import ControlPorts
from runner.ports.records.runs import RunReader
from runner.ports.records.store import Writer
from runner.service.approval.terms import accept_applied
from runner.service.integrity.checkpoint import try_checkpoint
from runner.service.outcome.leave import left_by_destroy
from runner.service.outcome.objects import record_objects
from runner.service.outcome.outputs import record_applied_outputs
from runner.service.outcome.plan import put_off, record_clean, replaced_run, replan, void_plans
from runner.service.outcome.probe import remember_distrust, remember_how
from runner.service.outcome.recording import recording

# Nothing was changed: a fresh plan is made, or the same approval is tried again later.
_REPLANNED = {
    ApplyOutcome.STALE: "terraform refused the plan as stale",
    ApplyOutcome.SPENT: "not applied again",
}
_PUT_OFF = {
    ApplyOutcome.STATE_LOCKED: HELD,
    ApplyOutcome.NOT_BEGUN: "terraform was never started",
}
_LATER = {
    ApplyOutcome.STATE_LOCKED: _PUT_OFF[ApplyOutcome.STATE_LOCKED],
    ApplyOutcome.DELAYED: "tried again later",
}
_FAILED = frozenset({ApplyOutcome.FAILED, ApplyOutcome.NOT_BEGUN})


def settle_apply(control: ControlPorts, job: Job, result: ApplyResult) -> Run:
    """In one transaction."""
    with recording(control, job, result) as (writer, run):
        # Rejected before it started, or recorded by somebody else: a late result changes nothing.
        if run.final:
            return run
        if result.diagnostics:
            said = dict.fromkeys((*writer.diagnostics(run.id), *result.diagnostics))
            writer.save_diagnostics(run.id, tuple(said))
        if result.evidence is not None:
            writer.save_evidence(run.id, result.evidence)
        if result.fresh is not None:
            remember_how(writer, run, result.fresh.probe)
            void_plans(control, writer, result.fresh.probe, besides=run)
        remember_distrust(writer, run, result.probe)
        void_plans(control, writer, result.probe, besides=run)
        if run.state is State.APPROVED:
            ended = _not_applied(control, writer, run, result)
        else:
            ended = _ended(control, writer, run, result)
        failpoint.reach("record.before_commit")
    failpoint.reach("record.after_commit")
    try_checkpoint(control)
    return ended


def _ended(control: ControlPorts, writer: Writer, run: Run, result: ApplyResult) -> Run:
    """The end of a run whose apply is recorded as started."""
    outcome = result.outcome
    if outcome is ApplyOutcome.APPLIED:
        return _applied(control, writer, run, result)
    if outcome is ApplyOutcome.UNSEEN:
        return run  # our own failure says nothing about terraform: recovery reads its files
    if outcome in _REPLANNED:
        return replan(writer, run, f"{_REPLANNED[outcome]}: {result.reason}", control.clock.now())
    endless = outcome is ApplyOutcome.NOT_BEGUN and run.waits >= MAX_FALSE_STARTS
    if outcome in _PUT_OFF and not endless:
        reason = f"{_PUT_OFF[outcome]}: {result.reason}"
        return put_off(writer, run, Event.NOT_BEGUN, control.clock.now(), reason)
    event = Event.FAIL_APPLY if outcome in _FAILED else Event.INTERRUPT
    reason = full_reason(result)
    if run.cancel_requested_by is not None:
        reason = f"{run.cancel_requested_by} asked to stop it; {reason}"
    return half_done(control, writer, run, event, reason)


def _not_applied(control: ControlPorts, writer: Writer, run: Run, result: ApplyResult) -> Run:
    if run.cancel_requested_by is not None:
        return writer.transition(
            run, Event.CANCEL, by=run.cancel_requested_by, reason="stopped before it started"
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
    if result.outcome is ApplyOutcome.PUT_BACK or writer.lock(run.stack) is not None:
        # This process ends, its window closed, or somebody took the lock meanwhile; the approval stands.
        return writer.release(run)
    reason = result.reason + _if_repeated(writer, run, result)
    return replan(writer, run, reason, control.clock.now())


def _if_repeated(reader: RunReader, run: Run, result: ApplyResult) -> str:
    """What to do if the previous plan ended the same way: the next approval would be useless too."""
    before = replaced_run(reader, run) if result.moved else None
    if before is None or result.moved not in before.reason:
        return ""
    return (
        f"; {before.name} ended the same way, so this value changes in every plan and no approval can last:"
        " apply within apply.fresh_for of the plan, or use a variable for the value"
    )


def _applied(control: ControlPorts, writer: Writer, run: Run, result: ApplyResult) -> Run:
    done = writer.transition(run, Event.SUCCEED, by=DAEMON, reason=result.reason)
    accept_applied(writer, done)
    writer.save_outputs(run.id, result.outputs or {})
    record_applied_outputs(writer, done, result)
    record_objects(writer, done, result.state_objects)
    if run.kind is Kind.DESTROY and not run.targets:
        writer.forget_applied(run.stack)
        # Git still declares it; a new commit or a person has to ask for it again.
        writer.mark_planned(run.stack, writer.stack(run.stack).inputs)
        writer.schedule_check(run.stack, None)
        left_by_destroy(control, writer, done)
    elif not run.targets:
        writer.mark_applied(done)
        failing = writer.save_failing_checks(run.stack, result.diagnostics)
        record_clean(control, writer, done, f"{done.name} was applied{also_failing(failing)}")
    return done


def half_done(control: ControlPorts, writer: Writer, run: Run, event: Event, reason: str) -> Run:
    """Final, and the stack stays locked until a person has looked."""
    done = writer.transition(run, event, by=DAEMON, reason=reason)
    writer.forget_outputs(run.stack)  # some may have changed
    if writer.lock(run.stack) is None:
        lock = Lock(
            stack=run.stack,
            holder=done.name,
            reason=f"{done.state.in_words}: {reason}",
            since=control.clock.now(),
            run=done.id,
        )
        writer.place_lock(lock, by=DAEMON)
    return done


def full_reason(result: ApplyResult) -> str:
    if not result.unfinished:
        return result.reason
    return f"{result.reason}; started but not finished: {', '.join(result.unfinished)}"
