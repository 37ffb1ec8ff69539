"""A run as a job: everything that whoever executes it has to be told."""

from collections.abc import Iterable
from datetime import datetime

from runner.errors import SourceNotFound
from runner.model.approval.binding import Binding, BoundEngine, EngineFacts
from runner.model.approval.named_rule import NamedRule, content_rules
from runner.model.approval.stack_guardrails import named_rules
from runner.model.audit.actor import DAEMON
from runner.model.execution.job import Job, JobSource, Phase
from runner.model.outputs.taken import Taken, given, moved
from runner.model.policy.material import NOTHING
from runner.model.policy.result import NOT_JUDGED
from runner.model.run.apply_end import Expected, expected_of
from runner.model.run.life import Kind, Run, State, Trigger
from runner.model.settings.context import furnished
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import Stack
from runner.ports.control import ControlPorts
from runner.ports.records.runs import RunFilter, RunReader
from runner.ports.records.store import Reader
from runner.service.approval.terms import judged_by, judging
from runner.service.drift.partly import partly_applied
from runner.service.drift.rules import ignore_rules
from runner.service.outcome.probe import probing
from runner.service.queue.earlier import earlier_runs
from runner.service.queue.outputs import outputs_of

_PHASES = {State.PLANNING: Phase.PLAN, State.APPROVED: Phase.APPLY, State.APPLYING: Phase.ADOPT}


def job_of(
    control: ControlPorts, reader: Reader, run: Run, known_source: SourceSettings | None = None
) -> Job:
    """Everything that executes it has to be told. SourceNotFound if its source is gone, unless one is given for that case."""
    source = control.settings.source(run.source) or known_source
    if source is None:
        raise SourceNotFound(source=run.source)
    definition = reader.definition(run.definition)
    stack = reader.stack(run.stack)
    now = stack.definition  # in Git: settings that are no input of terraform need no apply
    outputs = outputs_of(reader, stack, definition)
    used = reader.outputs_used(stack.name, stack.identity.digest)
    approved = reader.binding(run.id) if run.state is State.APPROVED else None
    return Job(
        run=run.id,
        phase=_PHASES[run.state],
        kind=run.kind,
        stack=furnished(control.settings.contexts, definition, run.source),
        source=JobSource.of(source),
        revision=run.revision,
        module_path=run.module_path,
        file=run.file,
        managed_state=run.managed_state,
        home=stack.folder,
        targets=run.targets,
        plan_digest=run.plan_digest,
        fingerprint=run.fingerprint,
        form=None if approved is None else approved.schema,
        planned_at=run.planned_at,
        newest=reader.newest_time(run.name),
        executed_digest=run.executed_digest,
        fresh_for=control.settings.apply.fresh_for,
        expected=None if run.state is State.PLANNING else _expected(reader, run),
        bound=None if run.state is State.PLANNING else _bound(reader.binding(run.id)),
        partly=partly_applied(reader, run.stack) if run.kind is Kind.DRIFT else (),
        environment=_applied_environment(reader, run.stack) if run.kind is Kind.DRIFT else None,
        ignore=ignore_rules(control.settings, now),
        rules=() if run.kind is Kind.DRIFT else _content_rules(control, reader, run),
        earlier=earlier_runs(reader, run.stack, below=run.id),
        probing=probing(
            reader, run, now, [one.definition.plan for one in judged_by(reader, run)], control.settings
        ),
        judging=NOTHING if run.state is State.APPLYING else judging(control, reader, run),
        judged=NOT_JUDGED if approved is None else approved.judged,
        trigger=run.trigger,
        requested_by=run.requested_by,
        asked_at=_asked_at(run),
        report=f"dr-{run.report}" if run.report else "",
        takes=given(definition.takes, outputs.known),
        used=used,
        known_outputs=reader.known_outputs([stack.name]).get(stack.name) if used else None,
        known_state=reader.known_state(stack.name) if control.settings.aws else None,
        changed_outputs=_changed_outputs(stack, run, outputs.used(stack, definition)),
    )


def _asked_at(run: Run) -> datetime | None:
    """When somebody asked for a claimed run; None if its schedule did, whose moment means nothing."""
    if run.trigger is Trigger.SCHEDULE:
        return None
    # One of the schedule that somebody hastened does not say when.
    return run.changed_at if run.requested_by == DAEMON else run.created_at


def _content_rules(control: ControlPorts, reader: Reader, run: Run) -> tuple[NamedRule, ...]:
    return content_rules(named_rules(control.settings.guardrails, judged_by(reader, run)))


def _changed_outputs(stack: Stack, run: Run, used: Iterable[Taken]) -> tuple[Taken, ...]:
    """The outputs that a drift check finds changed since the stack was applied with them."""
    changed = {(mark.stack, mark.output) for mark in moved(stack.applied_outputs, run.outputs)}
    return tuple(one for one in used if (one.stack, one.output) in changed) if run.kind is Kind.DRIFT else ()


def _applied_environment(reader: Reader, stack: str) -> tuple[str, ...] | None:
    """The marks of what the operator gave to the last apply; None if that is no longer recorded."""
    applied = reader.runs(RunFilter(stack=stack, states=frozenset({State.APPLIED}), limit=1))
    binding = reader.binding(applied[0].id) if applied else None
    return None if binding is None else binding.facts.given


def _bound(binding: Binding | None) -> BoundEngine | None:
    facts = binding.facts if binding is not None else EngineFacts()
    return BoundEngine(facts.engine, facts.version, facts.binary) if facts.binary else None


def _expected(reader: RunReader, run: Run) -> Expected | None:
    changes = reader.changes(run.id)
    return None if changes is None else expected_of(changes)
