"""What people do with a drift report: acknowledge it, or heal it."""

from datetime import datetime, timedelta

from runner.errors import Blocked, PartlyApplied, StackBusy
from runner.model.approval.approval import Person
from runner.model.drift.report import Acknowledgement, DriftReport, ReportStatus
from runner.model.run.busy import busy
from runner.model.run.life import Run, State
from runner.model.values.moment import end_of
from runner.ports.control import ControlPorts
from runner.ports.records.reports import ReportReader
from runner.service.drift.partly import partly_applied


def acknowledge(
    control: ControlPorts, report_id: int, person: Person, reason: str, length: timedelta | datetime
) -> DriftReport:
    """Accept the drift until then; any other drift reopens it at once."""
    now = control.clock.now()
    with control.store.writing() as writer:
        report = _open(writer, report_id)
        acknowledgement = Acknowledgement(by=person.name, reason=reason, at=now, until=end_of(length, now))
        report = writer.acknowledge_report(report, acknowledgement)
        control.reports.file(report)
        return report


def heal(control: ControlPorts, report_id: int, person: Person) -> Run:
    """Start a change run at the applied revision, with its own plan and its own approval."""
    from runner.service.outcome.react import propose  # brings the queue, which no list of reports needs

    with control.store.writing() as writer:
        report = _open(writer, report_id)
        stack = writer.stack(report.stack)
        left = partly_applied(writer, stack.name)
        if left:
            raise PartlyApplied(
                stack=stack.name, run=left[0].run, outcome=left[0].outcome, revision=left[0].revision[:12]
            )
        run = propose(writer, stack, report, by=person.name)
        if run is None:
            other = next(r for r in writer.open_runs(stack.name) if not r.kind.only_reads)
            raise busy(other, hint=_WAY_ON.get(other.state, StackBusy.hint_template).format(run=other.name))
        return run


# Nothing more happens to these automatically, so there is no log to follow.
_WAY_ON = {
    State.AWAITING_APPROVAL: 'driftline approve {run}   or   driftline reject {run} -m "..."',
    State.APPROVED: "driftline apply {run}   or stop it with   driftline run cancel {run}",
}


def _open(reader: ReportReader, report_id: int) -> DriftReport:
    report = reader.report(report_id)
    if report.status is ReportStatus.RESOLVED:
        raise Blocked(f"{report.name} is resolved", hint="driftline drift list")
    return report
