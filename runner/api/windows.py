"""Windows: which applies wait for theirs."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.view.facts import all_stacks
from runner.view.status import WaitForWindows, waiting_for_windows


@operation("GET", "/windows", Role.VIEWER)
def list_window_waits(caller: Caller) -> WaitForWindows:
    """Approved runs whose windows are closed, and when those open."""
    app = caller.app
    with caller.reading() as reader:
        return waiting_for_windows(all_stacks(reader, app.settings, app.clock, app.disk.shortage()))
