"""The whole installation on one page."""

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.api.recent import recent
from runner.api.stack_facts import reading_stacks
from runner.model.access.role import Role
from runner.view.status import StatusPage, status_page


@operation("GET", "/status", Role.VIEWER)
def show_status(caller: Caller) -> StatusPage:
    """What needs somebody, what is running, what drifted, the next check, and the daemon."""
    app, host = caller.app, caller.host()

    def work() -> StatusPage:
        with reading_stacks(caller, host.shortage) as (reader, stacks):
            return status_page(reader, app.settings, host, stacks)

    return recent(caller, work, *host.facts)
