"""What follows from a drift report: nothing, a plan for a person, or one that heal rules may let pass."""

from collections.abc import Iterator

from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import ChangeSet
from runner.model.drift.report import Contest, DriftReport
from runner.model.healing.limits import Fight
from runner.model.healing.other_side import wrote
from runner.model.healing.suspended import Surroundings, set_aside
from runner.model.run.life import HALF_CHANGED, Kind, Run, State, Trigger
from runner.model.stack.definition import Stack
from runner.ports.control import ControlPorts
from runner.ports.records.runs import RunFilter, RunReader, RunWriter
from runner.ports.records.store import Writer
from runner.service.approval.healing import expected_verdict, fight_over, stack_heal_terms
from runner.service.queue.enqueue import add_check

_ANSWERED = frozenset({State.REJECTED, State.CANCELED, *HALF_CHANGED})
_LOOKED_AT = 200  # runs of other stacks, for the other side of a fight


def react(
    control: ControlPorts,
    writer: Writer,
    stack: Stack,
    report: DriftReport,
    changes: ChangeSet,
    *,
    is_new: bool,
) -> DriftReport:
    """`changes` are those of the check's plan; `is_new` if people have not heard of this drift before."""
    terms = stack_heal_terms(control.settings, writer, stack)
    if terms.action == "propose" and is_new:
        propose(writer, stack, report, by=DAEMON)
    if terms.action != "reconcile":
        return report
    report = _contest(control, writer, stack, report)
    if set_aside(Surroundings(stack, terms, control.clock.now(), report, writer.lock(stack.name))):
        return report
    verdict = expected_verdict(control.settings, control.clock, writer, stack, report, changes)
    if not verdict.left_alone and (is_new or not _answered(writer, report)):
        propose(writer, stack, report, by=DAEMON)
    return report


def propose(writer: RunWriter, stack: Stack, report: DriftReport, *, by: str) -> Run | None:
    """A change run that would undo the drift, with its own plan and its own approval; None if one is open."""
    if any(not run.kind.only_reads for run in writer.open_runs(stack.name)):
        return None
    return add_check(
        writer,
        stack,
        trigger=Trigger.HEAL,
        by=by,
        kind=Kind.CHANGE,
        report=report.id,
        reason=f"heals {report.name}",
    )


def _answered(reader: RunReader, report: DriftReport) -> bool:
    """Whether a person said no to the last heal of it, or has to look at what it left."""
    last = reader.runs(RunFilter(stack=report.stack, kind=Kind.CHANGE, limit=1))
    return bool(last) and last[0].report == report.id and last[0].state in _ANSWERED


def _contest(control: ControlPorts, writer: Writer, stack: Stack, report: DriftReport) -> DriftReport:
    """Mark the report where something undoes each heal. The mark stays until the report is resolved."""
    if report.contest is not None:
        return report
    addresses = [finding.address for finding in report.findings if finding.counts]
    fought = fight_over(control.settings, control.clock, writer, stack, addresses)
    if fought is None:
        return report
    other = next(_other_side(writer, stack, fought), "")
    contest = Contest(control.clock.now(), fought.times, fought.addresses, other)
    return writer.contest_report(report, contest)


def _other_side(reader: RunReader, stack: Stack, fought: Fight) -> Iterator[str]:
    """Runs of other stacks that wrote what was healed."""
    healed = [reader.changes(heal.run) for heal in fought.heals]
    since = min(heal.at for heal in fought.heals)
    where = RunFilter(states=frozenset({State.APPLIED}), since=since, limit=_LOOKED_AT)
    for run in reader.runs(where):
        changes = reader.changes(run.id) if run.stack != stack.name else None
        if changes is not None and any(one is not None and wrote(changes, one) for one in healed):
            yield f"{run.name} of stack {run.stack} wrote the same values"
