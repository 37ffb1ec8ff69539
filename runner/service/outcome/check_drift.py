"""Record what a drift check found: the stack's drift axis, and the life of its report."""

from collections.abc import Sequence

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.changes.warnings import also_failing
from runner.model.drift.report import DriftClass, DriftReport, Finding, ReportStatus
from runner.model.execution.job import Job, PlanFailure, PlanResult
from runner.model.outputs.taken import completed
from runner.model.run.life import Event, Run
from runner.model.schedule.check_rules import check_retry
from runner.model.stack.definition import DriftStatus, Stack
from runner.ports.control import ControlPorts
from runner.ports.records.joined import OutcomeWriter
from runner.ports.records.reports import ReportWriter
from runner.ports.records.store import Writer
from runner.service.drift.rules import ignore_rules
from runner.service.outcome.plan import fail_plan, found_fields, queued_for_full_plan, record_seen
from runner.service.outcome.probe import remember_failure
from runner.service.outcome.react import react
from runner.service.outcome.recording import recording
from runner.service.queue.next_check import next_check


def settle_check(control: ControlPorts, job: Job, result: PlanResult | PlanFailure) -> Run:
    """Clean, drifted, or failed; never anything that could apply."""
    with recording(control, job, result) as (writer, run):
        stack = writer.stack(run.stack)
        if isinstance(result, PlanFailure):
            return _failed(control, writer, run, result)
        if again := queued_for_full_plan(writer, run, result.probe):
            return again
        record_seen(control, writer, run, result)
        failing = also_failing(writer.save_failing_checks(run.stack, result.warnings))
        counted = [finding for finding in result.findings if finding.counts]
        if counted:
            done = _drifted(control, writer, job, run, stack, result, failing)
        else:
            done = _clean(control, writer, run, stack, result, failing)
        if job.ignore != ignore_rules(control.settings, stack.definition):
            writer.schedule_check(stack.name, control.clock.now())  # the rules changed while it was under way
        failpoint.reach("report.before_commit")
    failpoint.reach("report.after_commit")
    return done


def _failed(control: ControlPorts, writer: Writer, run: Run, failure: PlanFailure) -> Run:
    done = fail_plan(control, writer, run, failure)
    if not failure.canceled:
        writer.save_check(run.stack, DriftStatus.ERROR, failure.reason)
        remember_failure(writer, run)
    failures = writer.stack(run.stack).check_failures
    writer.schedule_check(run.stack, control.clock.now() + check_retry(max(failures, 1)))
    return done


def _clean(
    control: ControlPorts, writer: OutcomeWriter, run: Run, stack: Stack, result: PlanResult, failing: str
) -> Run:
    reason = _left_over(result.findings) + failing
    done = writer.transition(run, Event.FIND_NOTHING, by=DAEMON, reason=reason, **found_fields(result))
    if result.findings:
        writer.save_plan(run.id, result.changes)
    elif run.outputs:
        writer.note_outputs(stack.name, completed(stack.applied_outputs, run.outputs))
    writer.save_check(stack.name, DriftStatus.CLEAN, reason)
    report = writer.current_report(stack.name)
    if report is not None:
        control.reports.file(writer.resolve_report(report, by=DAEMON, reason=_resolved(run, result)))
    writer.schedule_check(stack.name, next_check(stack, control.settings.drift, control.clock.now()))
    return done


def _resolved(run: Run, result: PlanResult) -> str:
    if result.probe is not None and result.probe.disagreed:
        return f"withdrawn by {run.name}: {result.probe.disagreed}"
    return f"{run.name} found it clean"


def _drifted(
    control: ControlPorts,
    writer: Writer,
    job: Job,
    run: Run,
    stack: Stack,
    result: PlanResult,
    failing: str,
) -> Run:
    report, is_new = _report(control, writer, run, stack, result)
    reason = _sentence(report, result.findings) + _left_by_runs(result.findings) + failing
    done = writer.transition(
        run, Event.FIND_DRIFT, by=DAEMON, reason=reason, report=report.id, **found_fields(result)
    )
    writer.save_plan(run.id, result.changes)
    now = control.clock.now()
    if report.confirmed:
        writer.save_check(stack.name, DriftStatus.DRIFTED, reason)
        writer.schedule_check(stack.name, next_check(stack, control.settings.drift, now))
        if not job.partly:
            report = react(control, writer, stack, report, result.changes, is_new=is_new)
    else:
        writer.save_check(stack.name, stack.drift, reason)
        writer.schedule_check(stack.name, now + check_retry(1))
    control.reports.file(report)
    return done


def _report(
    control: ControlPorts, writer: ReportWriter, run: Run, stack: Stack, result: PlanResult
) -> tuple[DriftReport, bool]:
    """The report of the findings, and whether this is the first time that people hear of it."""
    confirm = stack.definition.drift.confirm or control.settings.drift.confirm
    current = writer.current_report(stack.name)
    mark = result.drift_fingerprint or result.fingerprint
    found = (result.findings, result.changes.apply_only)
    if current is None:
        report = writer.open_report(stack.name, run.revision, mark, *found, confirmed=confirm <= 1)
        return report, report.confirmed
    if current.fingerprint != mark:
        report = writer.change_report(current, mark, *found, confirmed=confirm <= 1)
        return report, report.confirmed
    report = writer.see_report(current, *found, confirmed=current.confirmed or current.seen + 1 >= confirm)
    lapsed = report.acknowledgement is not None and report.acknowledgement.until <= control.clock.now()
    if report.status is ReportStatus.ACKNOWLEDGED and lapsed:
        report = writer.reopen_report(report, "the acknowledgement expired")
    return report, report.confirmed and not current.confirmed


def _sentence(report: DriftReport, findings: Sequence[Finding]) -> str:
    counted = [finding for finding in findings if finding.counts]
    missing = sum(finding.drift_class is DriftClass.MISSING for finding in counted)
    words = [
        f"{len(counted) - missing} changed" if len(counted) > missing else "",
        f"{missing} gone" if missing else "",
    ]
    note = "" if report.confirmed else f", seen {report.seen} time(s) but not confirmed yet"
    return ", ".join(word for word in words if word) + f" ({report.name})" + note


_LEFT_OVER: dict[DriftClass, str] = {
    DriftClass.ABSORBED: "absorbed",
    DriftClass.OUTPUT_ONLY: "only outputs",
    DriftClass.CONTEXT: "to update, since a context or engines.env changed",
    DriftClass.UPSTREAM: "to update, since {}",
    DriftClass.IGNORED: "ignored by rule",
}


def _left_over(findings: Sequence[Finding]) -> str:
    """What was found and does not count, so that nothing is hidden."""
    counts = {word: sum(f.drift_class is kind for f in findings) for kind, word in _LEFT_OVER.items()}
    why = "; ".join(sorted({f.reason for f in findings if f.drift_class is DriftClass.UPSTREAM}))
    summary = ", ".join(f"{count} {word.format(why)}" for word, count in counts.items() if count)
    return (f"clean ({summary})" if summary else "clean") + _left_by_runs(findings)


def _left_by_runs(findings: Sequence[Finding]) -> str:
    """Which runs left parts of another revision in the state."""
    left = [finding for finding in findings if finding.drift_class is DriftClass.PARTIAL]
    by = dict.fromkeys((finding.run, finding.revision) for finding in left)
    parts = [
        f"{sum(finding.run == run for finding in left)} of {revision[:12]}, left by {run}"
        for run, revision in by
    ]
    deposed = [f"{finding.address} (deposed object {finding.deposed})" for finding in left if finding.deposed]
    if deposed:
        parts.append(f"not destroyed: {', '.join(deposed)}")
    return f"; {'; '.join(parts)}" if parts else ""
