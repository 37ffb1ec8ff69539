"""A worker's instructions about probes, and what is recorded of its results."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runner.model.audit.actor import DAEMON
from runner.model.run.life import Kind, Run
from runner.model.settings.server import PlanSettings, Settings
from runner.model.stack.definition import PlanRules, StackDefinition
from runner.model.warm.compared import PlanTerms
from runner.model.warm.probe import ProbeFacts, ProbeRecord, Probing, failed, no_check
from runner.model.warm.provider import Way
from runner.ports.records.probes import ProbeWriter
from runner.ports.records.store import Reader


def probing(
    reader: Reader, run: Run, definition: StackDefinition, judged_by: Iterable[PlanRules], settings: Settings
) -> Probing | None:
    """The instructions; None for what may be applied without anybody being asked.

    `judged_by` are the rules of the stack that are still in force: a commit does not loosen those of its own plan.
    """
    check = run.kind is Kind.DRIFT
    if run.report is not None and run.requested_by == DAEMON and not check:
        return None
    terms = plan_terms((definition.plan, *judged_by), settings.plan)
    return Probing(
        record=reader.probe(run.stack),
        every=settings.drift.compare_every,
        allowed="never" not in (definition.drift.probe, settings.drift.probe) if check else terms.allowed,
        full=check and reader.asks_for_full_plan(run.id),
        check=check,
        replays=check and {definition.drift.probe, settings.drift.probe} == {"auto"},
        inputs=run.inputs,
        revision=run.revision,
        distrusted=reader.distrusted(),
        plans=terms,
        compared=reader.compared(),
    )


def plan_terms(stack: Sequence[PlanRules], server: PlanSettings) -> PlanTerms:
    """The strictest of the stack and the server."""
    return PlanTerms(
        allowed="plain" not in (server.providers, *(own.providers for own in stack)),
        destroys="plain" not in (server.destroys, *(own.destroys for own in stack)),
        every=server.compare_every,
    )


def remember_probe(writer: ProbeWriter, run: Run, seen: ProbeFacts | None) -> None:
    """In the transaction that records the check, or the plan of a change."""
    if seen is None:
        return
    known = writer.probe(run.stack)
    record = _still_known(known, seen.record)
    writer.save_probe(run.stack, record if run.kind is Kind.DRIFT else no_check(record, known))
    remember_how(writer, run, seen)


def remember_how(writer: ProbeWriter, run: Run, seen: ProbeFacts | None) -> None:
    """How a plan was made, and what that says about its providers."""
    if seen is None:
        return
    how = seen.how
    writer.save_how_planned(run.id, how)
    asked = [one for one in how.providers if seen.types.get(one.address)]
    if how.way is Way.PROBED and how.plans:
        writer.count_plan(how.engine, asked)
    for provider in asked if how.way is Way.COMPARED else ():
        writer.save_compared(how.engine, provider, frozenset(seen.types[provider.address]))
    remember_distrust(writer, run, seen)


def remember_distrust(writer: ProbeWriter, run: Run, seen: ProbeFacts | None) -> None:
    """Also where the plan itself came to nothing."""
    if seen is None or not seen.disagreed:
        return
    for provider in seen.providers:
        writer.distrust(provider, run.stack, f"{run.name}: {seen.disagreed}")


def remember_failure(writer: ProbeWriter, run: Run) -> None:
    """In the transaction that records a failed check."""
    writer.save_probe(run.stack, failed(writer.probe(run.stack)))


def _still_known(now: ProbeRecord, seen: ProbeRecord) -> ProbeRecord:
    """A check that began before somebody trusted a provider again must not restore what was forgotten then."""
    if now.mark or seen.way is Way.COMPARED:
        return seen
    return replace(seen, mark="", types={}, checks=0)
