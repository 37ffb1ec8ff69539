"""Have the daemon perform an operation, and wait for its answer."""

import time
from collections.abc import Mapping
from typing import Any

from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.app import App
from runner.errors import DaemonUnreachable, RequestPending
from runner.model.execution.daemon_request import DaemonRequest, NewRequest
from runner.view.document import document
from runner.view.refusal import raised_again

WAIT_SECONDS = 10.0  # then the caller asks again: no thread of a server waits longer


def ask(caller: Caller, daemon: DaemonProcess, operation: str, arguments: Mapping[str, Any]) -> Any:
    """The answer as JSON. DaemonUnreachable; RequestPending if it takes longer than anybody should wait at once."""
    _refuse_dead(caller.app, daemon)
    given = document(dict(arguments))
    new = NewRequest(operation, given, caller.person, caller.subjects, caller.on_host, caller.session)
    with caller.app.store.writing() as writer:
        request = writer.add_request(new)
    return wait(caller.app, daemon, request)


def wait(app: App, daemon: DaemonProcess, request: int) -> Any:
    """The answer as JSON, or the error with which the daemon refused."""
    end = time.monotonic() + WAIT_SECONDS
    alive = True
    while (found := _read(app, request)).answered_at is None:
        if not alive:
            raise DaemonUnreachable(data_dir=app.settings.data_dir)
        if time.monotonic() > end:
            raise RequestPending(request=request)
        daemon.pause(app)
        alive = daemon.alive(app)  # asked before the next look: a last answer counts
    if found.error is not None:
        raise raised_again(found.error)
    return found.answer


def _read(app: App, request: int) -> DaemonRequest:
    with app.store.reading() as reader:
        return reader.daemon_request(request)


def _refuse_dead(app: App, daemon: DaemonProcess) -> None:
    if not daemon.alive(app):
        raise DaemonUnreachable(data_dir=app.settings.data_dir)
