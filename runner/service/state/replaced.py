"""A person gave a stack another state: its plans were made on the former one."""

from runner.errors import StackLocked, StateBusy, StateLockHeld
from runner.model.run.busy import refuse_executing
from runner.model.run.life import Event
from runner.model.stack.definition import Stack
from runner.model.state.version import StateKey
from runner.ports.control import ControlPorts
from runner.ports.records.store import Writer


def refuse_used(control: ControlPorts, writer: Writer, stack: Stack) -> None:
    """StackLocked, StackBusy, StateLockHeld or StateBusy: another state must not be put under what uses this one."""
    lock = writer.lock(stack.name)
    if lock is not None:
        raise StackLocked(stack=stack.name, holder=lock.holder, reason=lock.reason, hint=lock.way_out)
    refuse_executing(writer.open_runs(stack.name), checks=False)
    served = writer.served_lock(StateKey.of(stack))
    if served is not None:
        raise StateLockHeld(stack=stack.name, lock=served.lock)
    if any(left.state == stack.identity.digest for left in control.claims.leftovers()):
        raise StateBusy(stack=stack.name, run="an earlier run")


def supersede_plans(writer: Writer, stack: str, *, by: str, reason: str) -> None:
    for run in writer.open_runs(stack):
        if not run.kind.only_reads:
            writer.transition(run, Event.SUPERSEDE, by=by, reason=reason)


def look_again(control: ControlPorts, writer: Writer, stack: str) -> None:
    """A plan is due, and a check where the code in Git is applied already: both show whether the state agrees."""
    writer.mark_planned(stack, "")
    writer.forget_outputs(stack)
    if writer.stack(stack).applied_revision is not None:
        writer.schedule_check(stack, control.clock.now())
