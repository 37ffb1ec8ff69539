"""Accepting a drift in code, which plans a change, apart from what else can be asked of a report."""

from typing import Literal

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import Blocked
from runner.model.access.role import Role
from runner.model.execution.daemon_request import AfterCrash
from runner.service.operator import accept_drift
from runner.view.acceptance import AcceptancePage, acceptance_page


@operation("POST", "/reports/{report}/acceptance", Role.OPERATOR, at_daemon=AfterCrash.REPEAT)
def accept_report(
    caller: Caller, report: int, *, publish: Literal["none", "branch", "request"] = "none"
) -> AcceptancePage:
    """The smallest change of the code that accepts the drift, proved by a plan.

    Nothing is applied. `publish` pushes it as a branch, or opens a pull request of it.
    """
    app = caller.app
    with caller.reading() as reader:
        source = app.settings.required_source(reader.stack(reader.report(report).stack).source)
    forge = app.forges.of(source.name) if publish == "request" else None
    if publish == "request" and forge is None:
        raise Blocked(
            f"source {source.name} has no forge, so no pull request can be opened",
            hint=f"driftline drift accept dr-{report} --branch",
        )
    with accept_drift.accepting(app.control, app.worker.ports, report) as found:
        if publish == "none" or found.revision is None:
            return acceptance_page(found)
        branch = accept_drift.publish(app.control, app.worker.ports, found, source, caller.person)
        request = None if forge is None else accept_drift.open_request(forge, found, source)
        return acceptance_page(found, branch=branch, request=request)
