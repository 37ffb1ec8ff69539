"""The gate inside an apply: everything is checked again, and its start is made durable."""

from dataclasses import replace

from runner import failpoint
from runner.errors import (
    ApprovalExpired,
    ApprovalForOtherPlan,
    ApprovalMissing,
    Blocked,
    Conflict,
    NeverApplies,
    StackLocked,
    WindowClosed,
)
from runner.model.approval.binding import EngineFacts
from runner.model.approval.rules import standing
from runner.model.audit.actor import DAEMON
from runner.model.code.known_inputs import moved
from runner.model.execution.job import Job
from runner.model.outputs.taken import changed_sentence
from runner.model.outputs.taken import moved as moved_outputs
from runner.model.run.life import Event, Run
from runner.model.values.frozen import dataclass
from runner.model.values.span import Seconds
from runner.model.warm.compared import found_wrong
from runner.model.window.closed import Openings
from runner.ports.control import ControlPorts
from runner.ports.records.store import Reader
from runner.service.approval.bind import refuse_denied, refuse_moved
from runner.service.approval.healing import still_heals
from runner.service.approval.standing import standing_now
from runner.service.approval.terms import run_terms
from runner.service.approval.windows import closed_for
from runner.service.integrity.checkpoint import checkpoint, try_checkpoint
from runner.service.queue.outputs import outputs_of


@dataclass(frozen=True)
class StoreGate:
    """Checks everything again and makes the start durable, in one transaction."""

    control: ControlPorts

    def start(self, job: Job, plan_digest: str, facts: EngineFacts) -> None:
        # Raises if the log is behind its checkpoints: such a database must not start anything.
        checkpoint(self.control)
        with self.control.store.writing() as writer:
            run = writer.run(job.run)
            if run.cancel_requested_by is not None:
                raise Blocked(
                    f"{run.cancel_requested_by} asked to stop it", hint=f"driftline run show {run.name}"
                )
            may_start(self.control, writer, run)
            if run.fingerprint != job.fingerprint:
                raise ApprovalForOtherPlan(run=run.name, digest=run.fingerprint, given=job.fingerprint)
            refuse_moved(self.control, writer, run, facts)
            writer.transition(run, Event.START_APPLY, by=DAEMON, executed_digest=plan_digest)
            failpoint.reach("gate.before_commit")
        failpoint.reach("gate.after_commit")
        try_checkpoint(self.control)


def _refuse_behind(reader: Reader, run: Run) -> None:
    """Conflict if Git, or an output of another stack that the plan was made with, has moved on."""
    stack, definition = reader.stack(run.stack), reader.definition(run.definition)
    if run.follows_git and moved(run.inputs, stack.inputs):
        raise Conflict(
            f'a newer revision changes stack "{run.stack}"', hint=f"driftline stack show {run.stack}"
        )
    now = outputs_of(reader, stack, definition).marks(stack, definition)
    if changed := moved_outputs(run.outputs, now):
        raise Conflict(f"{changed_sentence(changed)} since the plan", hint=f"driftline plan {run.stack}")


def _refuse_distrusted(reader: Reader, run: Run) -> None:
    """Conflict if its plan was made with a warm provider that has been found wrong since."""
    provider = found_wrong(reader.how_planned(run.id), reader.distrusted())
    if provider is not None:
        raise Conflict(
            f"its plan was made with warm providers, and {provider.name} has disagreed with a full plan since",
            hint=f"driftline plan {run.stack}",
        )


def may_start(control: ControlPorts, reader: Reader, run: Run) -> None:
    """Raise if the approval is missing or expired, the stack is locked, its windows are closed, or Git has moved on."""
    lock = reader.lock(run.stack)
    if lock is not None:
        raise StackLocked(stack=run.stack, holder=lock.holder, reason=lock.reason, hint=lock.way_out)
    _refuse_behind(reader, run)
    _refuse_distrusted(reader, run)
    settings = control.settings.approvals
    if reader.source(run.source).refused == run.revision:
        raise Conflict(
            f"{run.revision[:12]} is no longer trusted", hint=f"driftline source check {run.source}"
        )
    if control.settings.source(run.source) is None:
        raise Conflict(f'source "{run.source}" is no longer configured', hint="driftline source list")
    terms = run_terms(control.settings, reader, run)
    if terms.mode == "never":
        raise NeverApplies(stack=run.stack, origin=terms.why("mode"))
    binding = reader.binding(run.id)
    if binding is not None:
        refuse_denied(run, binding.judged)
    now = standing_now(control.settings, control.clock, reader, run, terms)
    if not now.complete and run.healed_by:
        why = still_heals(control.settings, control.clock, reader, run).why_not
        raise ApprovalMissing(f"no heal rule lets {run.name} pass now: {why}", run=run.name)
    if not now.complete:
        unexpired = replace(settings, expire=Seconds(float("inf")))
        if standing(run, reader.approvals(run.id), terms, unexpired, control.clock.now()).complete:
            raise ApprovalExpired(run=run.name, stack=run.stack)
        raise ApprovalMissing(run=run.name, have=len(now.given), need=now.needed)
    openings = Openings(control.clock.now())
    closed = closed_for(control.settings, control.clock, reader, run, terms, openings)
    if closed is not None:
        raise WindowClosed(run=run.name, why=str(closed))
