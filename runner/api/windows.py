"""Windows: which applies wait for theirs."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.api.stack_facts import reading_stacks
from runner.model.access.role import Role
from runner.view.status import WaitForWindows, waiting_for_windows


@operation("GET", "/windows", Role.VIEWER)
def list_window_waits(caller: Caller) -> WaitForWindows:
    """Approved runs whose windows are closed, and when those open."""
    with reading_stacks(caller, caller.app.disk.shortage()) as (_, stacks):
        return waiting_for_windows(stacks)
