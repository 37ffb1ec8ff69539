"""What a plan is bound to: assembled when it is recorded, and compared right before it is applied."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from runner.errors import ApprovalVoid, PlanExpired, PolicyDenied
from runner.model.approval.binding import (
    OLDER_FORM,
    SCHEMA,
    Binding,
    EngineFacts,
    expires,
    moved,
    moved_files,
)
from runner.model.approval.guardrails import (
    SeenState,
    Violation,
    denials,
    engine_problem,
    state_problem,
    violations,
)
from runner.model.approval.stack_guardrails import stack_guardrails
from runner.model.approval.terms import Declaration
from runner.model.changes.changes import ChangeSet, Summary
from runner.model.policy.result import NOT_JUDGED, Judged, changed_policies, sentences
from runner.model.run.life import Kind, Run, State
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.model.values.frozen import dataclass
from runner.model.window.closed import lapses
from runner.ports.records.runs import RunFilter
from runner.service.approval.terms import (
    PlanTerms,
    counting,
    judged_by,
    judging,
    run_terms,
    stack_terms,
    terms_by,
)
from runner.service.integrity.check_clock import refuse_other_time, steady_now

if TYPE_CHECKING:
    from runner.model.execution.job import PlanResult
    from runner.ports.control import ControlPorts
    from runner.ports.records.joined import ConsentReader, QuestionReader
    from runner.ports.records.store import Writer


def bind(control: "ControlPorts", reader: "QuestionReader", run: Run, result: "PlanResult") -> Binding:
    """What an approval of this plan approves."""
    declared = judged_by(reader, run)
    rails = guard_rails(control.settings, reader, run, declared, result.changes, result.facts, result.judged)
    return Binding(
        stack=run.stack,
        state=str(reader.stack(run.stack).identity),
        revision=run.revision,
        tree=result.tree,
        inputs=run.inputs,
        definition=run.definition,
        kind=run.kind,
        targets=run.targets,
        facts=result.facts,
        plan_digest=result.plan_digest or "",
        fingerprint=result.fingerprint,
        guard_rails=tuple(violation.sentence for violation in rails),
        counts=result.changes.summary,
        created=result.planned_at,
        expires=expires(result.planned_at, control.settings.approvals.expire),
        judged=result.judged,
        named=result.named,
    )


def guard_rails(
    settings: Settings,
    reader: "QuestionReader",
    run: Run,
    declared: Sequence[Declaration],
    changes: ChangeSet,
    facts: EngineFacts,
    judged: Judged,
) -> tuple[Violation, ...]:
    """What the plan breaks: guard rails, and before them policies, whose denials have no answer.

    `declared` are all declarations that count.
    """
    rails, applied = stack_guardrails(settings.guardrails, declared), _last_applied(reader, run.stack)
    broken = violations(
        changes,
        rails.limits,
        terms_by(settings, declared, run.summary).protect,
        destroy=run.kind is Kind.DESTROY,
        state=state_problem(_known_state(reader.seen_state(run.stack), applied), facts),
        engine=engine_problem(applied.facts if applied is not None else None, facts),
        rules=rails.rules,
    )
    return (*denials(judged.results), *broken)


def broken_now(
    settings: Settings, reader: "QuestionReader", run: Run, by: PlanTerms, changes: ChangeSet
) -> tuple[Violation, ...]:
    """What the recorded plan breaks by the rules of now; without a binding, nothing is known of its state and policies."""
    binding = by.binding
    facts, judged = (EngineFacts(), NOT_JUDGED) if binding is None else (binding.facts, binding.judged)
    return guard_rails(settings, reader, run, by.declared, changes, facts, judged)


def expected_guard_rails(
    settings: Settings, reader: "QuestionReader", stack: Stack, changes: ChangeSet
) -> tuple[Violation, ...]:
    """What they would object to if these changes of a check were planned as a change now."""
    rails = stack_guardrails(settings.guardrails, counting(reader, stack))
    return violations(
        replace(changes, judged_by=rails.rules.digest),
        rails.limits,
        stack_terms(settings, reader, stack).protect,
        rules=rails.rules,
    )


def bound(control: "ControlPorts", reader: "ConsentReader", run: Run) -> Binding:
    """What the run's approvals are bound to; ApprovalVoid if that is not certain, or PlanExpired."""
    binding = reader.binding(run.id)
    if binding is not None and binding.schema < SCHEMA:
        raise ApprovalVoid(run=run.name, what=OLDER_FORM, hint=f"driftline plan {run.stack}")
    if binding is None or binding.digest != run.binding_digest:
        raise ApprovalVoid(run=run.name, what="the record of what was approved was altered")
    mine = (run.plan_digest or "", run.fingerprint, run.revision, run.definition)
    if mine != (binding.plan_digest, binding.fingerprint, binding.revision, binding.definition):
        raise ApprovalVoid(run=run.name, what="the record of what was approved names another plan")
    refuse_other_time(reader, control.clock, run)
    now = steady_now(reader, control.clock, run.name)
    if now >= binding.expires and now >= (until := _stands_until(control, reader, run, binding)):
        raise PlanExpired(run=run.name, since=f"{until:%Y-%m-%d %H:%M} UTC", stack=run.stack)
    return binding


def _stands_until(control: "ControlPorts", reader: "ConsentReader", run: Run, binding: Binding) -> datetime:
    """No plan expires while the windows of its stack are closed, as no approval lapses."""
    windows = run_terms(control.settings, reader, run).windows
    return lapses(binding.created, binding.expires - binding.created, windows)


def refuse_moved(control: "ControlPorts", reader: "QuestionReader", run: Run, facts: EngineFacts) -> None:
    """ApprovalVoid, naming what changed since the plan; `facts` are the current ones from the engine's side."""
    from runner.model.execution.job import PlanResult

    before = bound(control, reader, run)
    changes = reader.changes(run.id) or ChangeSet()
    again = PlanResult(
        changes=changes,
        fingerprint=run.fingerprint or "",
        plan_digest=run.plan_digest,
        planned_at=before.created,
        engine_version=run.engine_version or "",
        facts=facts,
        tree=before.tree,
        named=before.named,
        judged=replace(before.judged, marks=judging(control, reader, run).marks),
    )
    now = bind(control, reader, run, again)
    what = moved(before, now)
    if what:
        sentence = f"these have changed since: {'; '.join(what)}"
        raise ApprovalVoid(run=run.name, what=sentence, moved=moved_files(before.facts, now.facts))


def refuse_denied(run: Run, judged: Judged) -> None:
    """PolicyDenied, whatever else lets the plan pass."""
    if what := sentences(judged.results):
        raise PolicyDenied(run=run.name, stack=run.stack, what="; ".join(what))


def refuse_other_policies(
    control: "ControlPorts", reader: "QuestionReader", run: Run, judged: Judged
) -> None:
    """ApprovalVoid if other policies would judge the plan now."""
    now = judging(control, reader, run).marks
    if now != judged.marks:
        raise ApprovalVoid(
            run=run.name,
            what=f"these have changed since the plan: {changed_policies(judged.marks, now)}",
            hint=f"driftline plan {run.stack}",
        )


def applied_with(reader: "QuestionReader", stack: str) -> EngineFacts | None:
    """What the last apply of the stack ran with."""
    applied = _last_applied(reader, stack)
    return applied.facts if applied is not None else None


@dataclass(frozen=True)
class _Applied:
    run: Run
    binding: Binding | None

    @property
    def facts(self) -> EngineFacts | None:
        return self.binding.facts if self.binding is not None else None


def _last_applied(reader: "QuestionReader", stack: str) -> _Applied | None:
    last = next(iter(reader.runs(RunFilter(stack=stack, states=frozenset({State.APPLIED}), limit=1))), None)
    return _Applied(last, reader.binding(last.id)) if last is not None else None


# The state


def known_state(reader: "QuestionReader", stack: str) -> SeenState | None:
    """From the last plan or check, or from a later apply."""
    return _known_state(reader.seen_state(stack), _last_applied(reader, stack))


def _known_state(seen: SeenState | None, applied: _Applied | None) -> SeenState | None:
    if applied is None or (seen is not None and applied.run.changed_at <= seen.at):
        return seen
    binding = applied.binding
    if binding is None or binding.facts.resources is None:
        return seen
    facts = binding.facts
    left = max(0, binding.facts.resources + _more(binding.counts))
    return SeenState(facts.lineage, facts.serial, left, applied.run.changed_at, applied.run.name)


def _more(counts: Summary) -> int:
    return counts.create + counts.import_ - counts.delete - counts.forget


def remember_state(control: "ControlPorts", writer: "Writer", run: Run, facts: EngineFacts) -> None:
    """Save the state seen by this plan or check, unless it is another state: only an apply accepts that."""
    known = known_state(writer, run.stack)
    unknown = facts.resources is None and not facts.lineage
    if unknown or state_problem(known, facts) is not None:
        return
    seen = SeenState(facts.lineage, facts.serial, facts.resources, control.clock.now(), run.name)
    if known is None or (known.lineage, known.serial, known.resources) != (
        seen.lineage,
        seen.serial,
        seen.resources,
    ):
        writer.save_seen_state(run.stack, seen)
