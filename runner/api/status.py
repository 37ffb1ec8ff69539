"""The whole installation on one page."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.model.access.role import Role
from runner.view.status import StatusPage, status_page


@operation("GET", "/status", Role.VIEWER)
def show_status(caller: Caller) -> StatusPage:
    """What needs somebody, what is running, what drifted, the next check, and the daemon."""
    app = caller.app
    with caller.reading() as reader:
        return status_page(reader, app.settings, app.clock, app.host())
