"""A person's decision about an apply with an unknown end: it was applied after all, or it failed."""

from runner import failpoint
from runner.errors import WrongState
from runner.model.approval.approval import Person
from runner.model.run.evidence import Evidence
from runner.model.run.life import Event, Kind, Run, State, Trigger
from runner.ports.control import ControlPorts
from runner.ports.records.joined import StackRunWriter
from runner.ports.records.runs import RunReader
from runner.ports.records.store import Writer
from runner.ports.workspace import Workspaces
from runner.service.execution.lost_state import refuse_damaged, refuse_unsaved
from runner.service.outcome.leave import left_by_destroy
from runner.service.queue.enqueue import add_change


def question(reader: RunReader, run_id: int) -> tuple[Run, Evidence | None]:
    """The run and the evidence; WrongState if it needs no resolution."""
    run = reader.run(run_id)
    if run.state is not State.INTERRUPTED:
        raise WrongState(run=run.name, state=run.state, wish="resolved: only an interrupted run can be")
    return run, reader.evidence(run_id)


def resolve(
    control: ControlPorts,
    workspaces: Workspaces,
    run_id: int,
    person: Person,
    *,
    applied: bool,
    reason: str,
    state_pushed: bool = False,
) -> Run:
    """Unlock the stack and make a fresh plan, which shows what is left to do.

    StateUnsaved if terraform left a state that it could not save, StateDamaged if its state is damaged:
    planning without it would recreate every resource.
    """
    with control.store.writing() as writer:
        run, _ = question(writer, run_id)
        folder = writer.stack(run.stack).folder
        unsaved = workspaces.unsaved_states(folder)
        if not state_pushed:
            definition = writer.definition(run.definition)
            managed = definition.terraform_workspace if run.managed_state else None
            refuse_unsaved(workspaces, run.stack, folder, managed)
        if run.managed_state:
            refuse_damaged(workspaces, run.stack, folder)
        event = Event.RESOLVE_APPLIED if applied else Event.RESOLVE_FAILED
        done = writer.transition(run, event, by=person.name, reason=f"resolved by {person.name}: {reason}")
        lock = writer.lock(run.stack)
        if lock is not None and lock.run == run.id:
            writer.release_lock(run.stack, by=person.name, reason=f"{run.name} was resolved: {reason}")
        if applied and not run.targets:
            _take_as_applied(control, writer, done)
        _plan_afresh(writer, done, person)
        # Not after the commit: after a crash in between, it can be repeated.
        for path in unsaved:
            workspaces.put_away(path)
        failpoint.reach("resolve.before_commit")
    failpoint.reach("resolve.after_commit")
    return done


def _take_as_applied(control: ControlPorts, writer: Writer, run: Run) -> None:
    if run.kind is Kind.DESTROY:
        writer.forget_applied(run.stack)
        writer.forget_review(run.stack)
        writer.mark_planned(run.stack, writer.stack(run.stack).inputs)
        left_by_destroy(control, writer, run)
    else:
        writer.mark_applied(run)


def _plan_afresh(writer: StackRunWriter, run: Run, person: Person) -> None:
    """Whatever the person found, only a plan shows whether the state agrees; not for a stack that left Git."""
    stack = writer.stack(run.stack)
    destroyed = run.kind is Kind.DESTROY and run.state is State.APPLIED
    if stack.missing_since is not None or stack.problem is not None or destroyed:
        return
    if any(not other.kind.only_reads for other in writer.open_runs(stack.name)):
        return
    add_change(
        writer,
        stack,
        trigger=Trigger.REPLAN,
        by=person.name,
        reason=f"{run.name} was resolved as {run.state.in_words}",
    )
