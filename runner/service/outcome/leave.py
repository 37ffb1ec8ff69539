"""A stack that left Git ends for good. Nothing is done with it after that."""

from contextlib import suppress
from dataclasses import replace

from runner.model.audit.actor import DAEMON
from runner.model.run.life import Kind, Run
from runner.ports.control import ControlPorts
from runner.ports.records.joined import OutcomeWriter


def left_by_destroy(control: ControlPorts, writer: OutcomeWriter, run: Run) -> None:
    """After a complete destroy: a stack that left Git ends."""
    stack = writer.stack(run.stack)
    if run.kind is Kind.DESTROY and not run.targets and stack.missing_since is not None and not stack.left:
        writer.forget_applied(run.stack)
        leave(control, writer, run.stack, f"destroyed by {run.name}", by=DAEMON)


def leave(control: ControlPorts, writer: OutcomeWriter, name: str, how: str, *, by: str) -> None:
    """`how` says why: forgotten by a person, or destroyed by a run."""
    report = writer.current_report(name)
    if report is not None:
        control.reports.file(writer.resolve_report(report, by=by, reason=f"the stack is {how}"))
    writer.leave(name, how, by=by)
    with suppress(OSError):  # then the next pass removes it
        control.workspaces.forget_recording(name)
    # A new stack may have waited for this answer.
    for status in writer.sources():
        if status.problems:
            writer.save_source(replace(status, discovered_with=None))
