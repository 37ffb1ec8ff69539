"""The gate in the middle of an apply: everything is checked once more, and its start is made durable."""

from dataclasses import dataclass
from datetime import datetime

from runner.errors import (
    ApprovalExpired,
    ApprovalForOtherPlan,
    ApprovalMissing,
    Blocked,
    Conflict,
    StackLocked,
)
from runner.model.approving import needed, standing
from runner.model.job import Job
from runner.model.run import Event, Run
from runner.ports import ControlPorts, Reader
from runner.service.enqueue import DAEMON


@dataclass(frozen=True)
class StoreGate:
    """Checks everything once more and makes the start durable, in one transaction."""

    control: ControlPorts

    def start(self, job: Job, plan_digest: str, planned_at: datetime) -> None:
        with self.control.store.writing() as writer:
            run = writer.run(job.run)
            if run.cancel_requested_by is not None:
                raise Blocked(
                    f"{run.cancel_requested_by} asked to stop it", hint=f"driftline run show {run.name}"
                )
            may_start(self.control, writer, run)
            if run.fingerprint != job.fingerprint:
                raise ApprovalForOtherPlan(run=run.name, digest=run.fingerprint, given=job.fingerprint)
            writer.transition(
                run, Event.START_APPLY, by=DAEMON, plan_digest=plan_digest, planned_at=planned_at
            )


def may_start(control: ControlPorts, reader: Reader, run: Run) -> None:
    """Raise where the approval is missing or expired, the stack is locked, or Git has moved on."""
    hold = reader.hold(run.stack)
    if hold is not None:
        raise StackLocked(stack=run.stack, holder=hold.holder, reason=hold.reason)
    stack = reader.stack(run.stack)
    if run.follows_git and run.inputs != stack.inputs:
        raise Conflict(
            f'a newer revision touches stack "{run.stack}"', hint=f"driftline stack show {run.stack}"
        )
    settings = control.settings.approvals
    source = control.settings.source(run.source)
    if source is None:
        raise Conflict(f'source "{run.source}" is not configured any more', hint="driftline source list")
    definition = reader.definition(run.definition)
    count = needed(definition, settings, source.allow, run.kind, run.summary.destroys)
    given = reader.approvals(run.id)
    now = standing(run, given, count, settings, control.clock.now())
    if not now.complete:
        if len({approval.person.name for approval in given}) >= count:
            raise ApprovalExpired(run=run.name, stack=run.stack)
        raise ApprovalMissing(run=run.name, have=len(now.given), need=count)
