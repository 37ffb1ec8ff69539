"""Whether heal rules let a plan pass without a person: by the records, and by the rules in force now."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from runner.model.approval.binding import EngineFacts
from runner.model.approval.guardrails import Violation
from runner.model.approval.stack_guardrails import stack_guardrails
from runner.model.approval.terms import Declaration, Terms
from runner.model.audit.actor import DAEMON
from runner.model.changes.changes import ChangeSet
from runner.model.drift.report import DriftReport
from runner.model.healing.limits import Fight, PastHeal, exceeded, fight, horizon
from runner.model.healing.part import parts
from runner.model.healing.rules import HealTerms, heal_terms
from runner.model.healing.suspended import Surroundings, suspended
from runner.model.healing.verdict import Protection, Verdict, judge, protection
from runner.model.policy.result import Judged
from runner.model.run.life import Run
from runner.model.settings.server import Settings
from runner.model.stack.definition import Stack
from runner.service.approval.bind import expected_guard_rails, guard_rails
from runner.service.approval.terms import counting, judged_by, run_terms, stack_terms, usual_terms
from runner.service.drift.partly import partly_applied

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.joined import QuestionReader
    from runner.ports.records.runs import RunReader


def run_verdict(
    settings: Settings,
    clock: "Clock",
    reader: "QuestionReader",
    run: Run,
    changes: ChangeSet,
    facts: EngineFacts,
    judged: Judged,
) -> Verdict:
    """Of a run that heals, with its binding on record. One that a person asked for waits for people."""
    stack, declared = reader.stack(run.stack), judged_by(reader, run)
    current = reader.current_report(run.stack)
    report = current if current is not None and current.id == run.report else None
    approval = run_terms(settings, reader, run)
    objections = guard_rails(settings, reader, run, declared, changes, facts, judged)
    terms = _terms(settings, declared, stack)
    found = judge(changes, terms, _protection(settings, declared, approval), _sentences(objections))
    if run.requested_by != DAEMON:
        found = found.held_by([f"{run.requested_by} asked for it"])
    if _raised(approval, usual_terms(settings, reader, run)):
        found = found.held_by(["approvals.rules or policies ask for more people than usual for such a plan"])
    # Also where it is no more people than usual: a rule is none.
    asking = [f"{one} asks for {one.approvals} to approve" for one in judged.results if one.approvals]
    on = _around(reader, clock, stack, terms, report, approval)
    return _limited(settings, clock, reader, found.held_by([*asking, *suspended(on)]), on)


def expected_verdict(
    settings: Settings,
    clock: "Clock",
    reader: "QuestionReader",
    stack: Stack,
    report: DriftReport | None,
    changes: ChangeSet,
) -> Verdict:
    """Of the heal that a drift check would lead to, whose plan these changes are."""
    declared, approval = counting(reader, stack), stack_terms(settings, reader, stack)
    objections = expected_guard_rails(settings, reader, stack, changes)
    terms = _terms(settings, declared, stack)
    found = judge(changes, terms, _protection(settings, declared, approval), _sentences(objections))
    on = _around(reader, clock, stack, terms, report, approval)
    return _limited(settings, clock, reader, found.held_by(suspended(on)), on)


def _raised(terms: Terms, usual: Terms) -> bool:
    """Whether a rule or a policy concerns just this plan: a heal rule does not answer that."""
    return (terms.required, terms.one_of, terms.lists) != (usual.required, usual.one_of, usual.lists)


def _sentences(objections: Sequence[Violation]) -> list[str]:
    return [violation.sentence for violation in objections]


def _protection(settings: Settings, declared: Sequence[Declaration], approval: Terms) -> Protection:
    return protection(stack_guardrails(settings.guardrails, declared).limits, approval.protect)


def stack_heal_terms(settings: Settings, reader: "QuestionReader", stack: Stack) -> HealTerms:
    return _terms(settings, counting(reader, stack), stack)


def _terms(settings: Settings, declared: Sequence[Declaration], stack: Stack) -> HealTerms:
    allowing = frozenset(source.name for source in settings.sources if source.allow.heal)
    return heal_terms(settings.drift, declared, stack.definition, allowing)


def _around(
    reader: "QuestionReader",
    clock: "Clock",
    stack: Stack,
    terms: HealTerms,
    report: DriftReport | None,
    approval: Terms,
) -> Surroundings:
    left = partly_applied(reader, stack.name)
    return Surroundings(
        stack=stack,
        terms=terms,
        now=clock.now(),
        report=report,
        lock=reader.lock(stack.name),
        never=approval.why("mode") if approval.mode == "never" else None,
        read=reader.source(stack.source).discovered_with is not None,
        partly=left[0].run if left else None,
    )


def _limited(
    settings: Settings, clock: "Clock", reader: "RunReader", found: Verdict, on: Surroundings
) -> Verdict:
    limits, now = settings.drift.heal_limits, clock.now()
    past = past_heals(settings, reader, on.stack, now)
    over = list(exceeded(found, past, limits, now))
    fought = fight((one.part.address for one in found.decisions), past, limits.fights, now)
    contested = on.report is not None and on.report.contest is not None
    if fought is not None and not contested:
        over.append(f"{fought.addresses[0]} was healed {fought.times} times and drifted again")
    return found.held_by(over)


def past_heals(settings: Settings, reader: "RunReader", stack: Stack, now: datetime) -> tuple[PastHeal, ...]:
    """Those that count for a limit, newest first."""
    since = horizon(settings.drift.heal_limits, now)
    return tuple(_past(reader, run) for run in reader.heals(stack.name, stack.identity.digest, since))


def _past(reader: "RunReader", run: Run) -> PastHeal:
    changes = reader.changes(run.id) or ChangeSet()
    addresses = tuple(dict.fromkeys(part.address for part in parts(changes)))
    return PastHeal(run.id, run.changed_at, run.healed_by, addresses)


def fight_over(
    settings: Settings, clock: "Clock", reader: "RunReader", stack: Stack, addresses: Sequence[str]
) -> Fight | None:
    """Whether something fights the heals of these addresses."""
    past = past_heals(settings, reader, stack, clock.now())
    return fight(addresses, past, settings.drift.heal_limits.fights, clock.now())


def still_heals(settings: Settings, clock: "Clock", reader: "QuestionReader", run: Run) -> Verdict:
    """The verdict on a recorded plan, under the rules in force now."""
    binding = reader.binding(run.id)
    changes = reader.changes(run.id)
    if changes is None or binding is None:
        return Verdict(obstacles=("its plan is not recorded",))
    return run_verdict(settings, clock, reader, run, changes, binding.facts, binding.judged)


def healed(verdict: Verdict) -> str:
    """The reason of an approval that rules gave."""
    return "approved by " + "; ".join(
        rule.name + (f" ({rule.rule.reason})" if rule.rule.reason else "") for rule in verdict.rules
    )
