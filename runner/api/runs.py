"""Runs: what they do, did or would do, and stopping them."""

import json

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.errors import ArtifactNotFound
from runner.model.access.role import Role
from runner.model.changes.changes import ChangeSet
from runner.model.execution.daemon_request import AfterCrash
from runner.model.run.life import State
from runner.model.values.codec import from_plain
from runner.view.run import RunRow, run_row
from runner.view.run_page import RunPage, run_page

PLANNED_AGAIN = "fresh.json"


@operation("GET", "/runs/{run}", Role.VIEWER)
def show_run(caller: Caller, run: int) -> RunPage:
    """Everything recorded about a run."""
    app = caller.app
    names = app.artifacts.names(run)
    with caller.reading() as reader:
        again = _planned_again(caller, run) if reader.run(run).state is State.SUPERSEDED else None
        return run_page(reader, app.settings, app.clock, run, names, again)


def _planned_again(caller: Caller, run: int) -> ChangeSet | None:
    """The plan made again under the lock, where one was and retention has not removed it."""
    try:
        return from_plain(ChangeSet, json.loads(caller.app.artifacts.get(run, PLANNED_AGAIN)))
    except ArtifactNotFound:
        return None


@operation("POST", "/runs/{run}/cancel", Role.OPERATOR)
def cancel_run(caller: Caller, run: int) -> RunRow:
    """Cancel a run. A waiting one ends immediately; a running one is asked to stop, unless it applies."""
    from runner.service.operator.cancel import cancel

    return run_row(cancel(caller.app.control, run, caller.person))


@operation("POST", "/runs/{run}/stop", Role.OWNER, at_daemon=AfterCrash.REPEAT)
def stop_run(caller: Caller, run: int) -> RunRow:
    """Cancel a run even while it applies, which may leave infrastructure half changed, and stop processes it left."""
    from runner.service.operator.cancel import cancel

    return run_row(cancel(caller.app.control, run, caller.person, force=True))
