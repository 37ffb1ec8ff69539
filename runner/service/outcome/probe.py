"""A worker's instructions about probes, and what is recorded of its results."""

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

TRIAGE_FROM = 3  # if one commit affects this many stacks, they are probed first


def probing(reader: Reader, run: Run, drift: DriftRules, settings: Settings) -> Probing | None:
    """The instructions; None if a person decides about this plan, or requested it."""
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
    """Whether probably nothing changes: one of many stacks affected by a commit, or one it may not affect at all."""
    plain = run.kind is Kind.CHANGE and run.trigger is Trigger.PUSH and not run.targets and run.report is None
    if not plain:
        return False
    applied = reader.stack(run.stack).applied_inputs
    only_unknown_moved = applied is not None and not moved(applied, run.inputs)
    return only_unknown_moved or reader.moved_by(run.source, run.revision) >= TRIAGE_FROM


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
    """In the transaction that records a failed check."""
    writer.save_probe(run.stack, failed(writer.probe(run.stack)))


def _still_known(now: ProbeRecord, seen: ProbeRecord) -> ProbeRecord:
    """A check that began before somebody trusted a provider again must not restore what was forgotten then."""
    if now.mark or seen.way is Way.COMPARED:
        return seen
    return replace(seen, mark="", trusted="", types={}, checks=0)
