"""Logs of runs."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.host.growing import read_part
from runner.model.access.role import Role
from runner.model.run.life import State
from runner.view.log import LogPart
from runner.view.run import run_row


@operation("GET", "/runs/{run}/log", Role.VIEWER)
def read_log(caller: Caller, run: int, *, offset: int = 0) -> LogPart:
    """The log of a run from this byte on, at most 1 MiB of it, and where the next part begins."""
    # Before the log: what a run wrote before it ended is then in the last part.
    with caller.reading() as reader:
        found = reader.run(run)
    over = found.final or found.state is State.AWAITING_APPROVAL
    part = read_part(caller.app.workspaces.log(run), max(0, offset), complete=over)
    return LogPart(part.text, part.next, part.end, over and part.end, run_row(found))
