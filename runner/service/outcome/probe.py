"""What a worker is told of probing, and what is remembered of what it has seen."""

from dataclasses import replace

from runner.model.code.known_inputs import moved
from runner.model.drift.probe import (
    ProbeFacts,
    ProbeRecord,
    Probing,
    Way,
    failed,
    no_check,
)
from runner.model.run.life import Kind, Run, Trigger
from runner.model.settings.server import Settings
from runner.model.stack.definition import DriftRules
from runner.ports.records.probes import ProbeWriter
from runner.ports.records.stacks import StackReader
from runner.ports.records.store import Reader

TRIAGE_FROM = 3  # so many stacks moved by one commit are looked at by probes first


def probing(reader: Reader, run: Run, drift: DriftRules, settings: Settings) -> Probing | None:
    """What a worker is told; None where a person is to be asked about this plan, or asked for it."""
    check = run.kind is Kind.DRIFT
    triage = not check and _triage(reader, run)
    if not check and not triage:
        return None
    return Probing(
        record=reader.probe(run.stack),
        every=settings.drift.compare_every,
        allowed="never" not in (drift.probe, settings.drift.probe),
        triage=triage,
        inputs=run.inputs,
        distrusted=reader.distrusted(),
    )


def _triage(reader: StackReader, run: Run) -> bool:
    """Whether most likely nothing changes: of the many stacks that a commit moved, say, or where it may not care at all."""
    plain = run.kind is Kind.CHANGE and run.trigger is Trigger.PUSH and not run.targets and run.report is None
    if not plain:
        return False
    applied = reader.stack(run.stack).applied_inputs
    only_looked_at = applied is not None and not moved(applied, run.inputs)
    return only_looked_at or reader.moved_by(run.source, run.revision) >= TRIAGE_FROM


def remember_probe(writer: ProbeWriter, run: Run, seen: ProbeFacts | None) -> None:
    """In the transaction that records the check, or the plan of a change."""
    if seen is None:
        return
    known = writer.probe(run.stack)
    record = _still_known(known, seen.record)
    writer.save_probe(run.stack, record if run.kind is Kind.DRIFT else no_check(record, known))
    if seen.disagreed:
        for provider in seen.providers:
            writer.distrust(provider, run.stack, f"{run.name}: {seen.disagreed}")


def remember_failure(writer: ProbeWriter, run: Run) -> None:
    """In the transaction that records a check that failed."""
    writer.save_probe(run.stack, failed(writer.probe(run.stack)))


def _still_known(now: ProbeRecord, seen: ProbeRecord) -> ProbeRecord:
    """A check that began before somebody trusted a provider again does not bring back what was forgotten then."""
    if now.mark or seen.way is Way.COMPARED:
        return seen
    return replace(seen, mark="", trusted="", types={}, checks=0)
