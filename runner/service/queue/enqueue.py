"""Turn decisions into queued runs: plan changed stacks, check due ones."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from runner import failpoint
from runner.model.audit.actor import DAEMON
from runner.model.run.life import Event, Kind, Run, State, Trigger
from runner.model.schedule.change_rules import CHANGE_RULES, outdated_plan
from runner.model.schedule.check_rules import CHECK_RULES
from runner.model.schedule.decide import Decision, decide
from runner.model.schedule.rule import Next
from runner.model.schedule.view import View
from runner.model.settings.promotion import Promotion
from runner.model.stack.definition import Discovered, Stack
from runner.ports.records.runs import NewRun
from runner.service.queue.views import views

if TYPE_CHECKING:
    from runner.ports.basics import Clock
    from runner.ports.records.joined import StackRunWriter
    from runner.ports.records.runs import RunWriter
    from runner.ports.records.store import Store, Writer


def enqueue_due(store: "Store", clock: "Clock", promotions: Sequence[Promotion]) -> list[Run]:
    """Queue a change run for every changed stack and a drift run for every due check."""
    with store.reading() as reader:
        due = [view for view in views(reader, clock, promotions=promotions) if _wants(view)]
    if not due:
        return []
    made: list[Run] = []
    with store.writing() as writer:
        # Decided again inside the transaction: another process may have been faster.
        names = {view.stack.name for view in due}
        due = [view for view in views(writer, clock, promotions=promotions) if view.stack.name in names]
        replaced = _supersede_outdated(writer, due)
        if replaced:
            due = [view for view in views(writer, clock, promotions=promotions) if view.stack.name in names]
        for view in due:
            if (decision := decide(view)).action is Next.PLAN:
                made.append(_plan(writer, view, decision))
                if view.stack.name in replaced:
                    writer.annotate(replaced[view.stack.name], superseded_by=made[-1].id)
            if (decision := decide(view, CHECK_RULES)).action is Next.CHECK:
                made.append(_check(writer, view.stack, decision))
        failpoint.reach("enqueue.before_commit")
    return made


def _supersede_outdated(writer: "RunWriter", found: Iterable[View]) -> dict[str, Run]:
    """The plans that wait, and that were made with outputs which have changed since; by stack."""
    return {
        view.stack.name: writer.transition(view.open_change, Event.SUPERSEDE, by=DAEMON, reason=changed)
        for view in found
        if view.open_change is not None and (changed := outdated_plan(view))
    }


def _plan(writer: "StackRunWriter", view: View, decision: Decision) -> Run:
    if decision.code == "output_changed":
        trigger, reason = Trigger.OUTPUT, decision.sentence
    else:
        renamed = view.stack.renamed_from
        trigger, reason = Trigger.PUSH, f"renamed from {renamed}" if renamed else ""
    return add_change(writer, view.stack, trigger=trigger, by=DAEMON, reason=reason)


def _check(writer: "RunWriter", stack: Stack, decision: Decision) -> Run:
    by_event = decision.code == "changed_outside"
    trigger = Trigger.EVENT if by_event else Trigger.SCHEDULE
    reason = decision.sentence if by_event else ""
    return add_check(writer, stack, trigger=trigger, by=DAEMON, reason=reason)


def _wants(view: View) -> bool:
    return (
        bool(outdated_plan(view))
        or decide(view).action is Next.PLAN
        or decide(view, CHECK_RULES).action is Next.CHECK
    )


def explain(view: View) -> tuple[Decision, Decision]:
    """Why nothing happens, or what will: for changes, and for drift checks."""
    return decide(view, CHANGE_RULES), decide(view, CHECK_RULES)


def queue(
    writer: "RunWriter",
    at: Stack | Discovered,
    *,
    trigger: Trigger,
    by: str,
    kind: Kind = Kind.CHANGE,
    targets: tuple[str, ...] = (),
    report: int | None = None,
    reason: str = "",
) -> Run:
    """Queue a run of a stack as it is, or was, at one revision."""
    return writer.add_run(
        NewRun(
            stack=at.definition.name,
            source=at.source,
            kind=kind,
            revision=at.revision,
            inputs=at.inputs,
            definition=at.definition,
            module_path=at.module_path,
            file=at.file,
            managed_state=at.managed_state,
            trigger=trigger,
            requested_by=by,
            targets=targets,
            report=report,
            reason=reason,
        )
    )


def add_change(
    writer: "StackRunWriter",
    stack: Stack,
    *,
    trigger: Trigger,
    by: str,
    kind: Kind = Kind.CHANGE,
    targets: tuple[str, ...] = (),
    reason: str = "",
) -> Run:
    """Queue a plan of the stack as it is in Git now."""
    run = queue(writer, stack, trigger=trigger, by=by, kind=kind, targets=targets, reason=reason)
    if kind is Kind.CHANGE and not targets:
        writer.mark_planned(stack.name, stack.inputs)
    return run


def add_check(
    writer: "RunWriter",
    stack: Stack,
    *,
    trigger: Trigger,
    by: str,
    kind: Kind = Kind.DRIFT,
    report: int | None = None,
    reason: str = "",
) -> Run:
    """Queue a run at the last applied revision: a drift check, or with kind `change` its healing."""
    return queue(writer, stack.as_applied, trigger=trigger, by=by, kind=kind, report=report, reason=reason)


def hasten(writer: "Writer", check: Run, *, by: str) -> Run:
    """A person waits for a check that is already queued: it runs at once, before those that nobody waits for."""
    if check.claim is not None or check.state is not State.QUEUED:
        return check
    if check.trigger is Trigger.MANUAL and check.wait_until is None:
        return check
    writer.audit_note(by, "run.hasten", check.name, {"stack": check.stack, "trigger": check.trigger})
    return writer.annotate(check, trigger=Trigger.MANUAL, wait_until=None)


def add_again(writer: "Writer", run: Run, *, reason: str) -> Run:
    """Queue the same again: a revision or targets that a person chose, or the healing of a report."""
    at = replace(
        writer.stack(run.stack),
        revision=run.revision,
        inputs=run.inputs,
        definition=writer.definition(run.definition),
        module_path=run.module_path,
        file=run.file,
        managed_state=run.managed_state,
    )
    return queue(
        writer,
        at,
        trigger=run.trigger,
        by=run.requested_by,
        kind=run.kind,
        targets=run.targets,
        report=run.report,
        reason=reason,
    )
