"""Have the daemon perform an operation, and wait for its answer."""

import time
from collections.abc import Mapping
from typing import Any

from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.app import App
from runner.errors import DaemonUnreachable, RequestPending, RequestWithdrawn
from runner.model.execution.daemon_request import DaemonRequest, NewRequest
from runner.view.document import document
from runner.view.refusal import raised_again, refusal_document

WAIT_SECONDS = 10.0  # then the caller asks again: no thread of a server waits longer


def ask(caller: Caller, daemon: DaemonProcess, operation: str, arguments: Mapping[str, Any]) -> Any:
    """The answer as JSON. DaemonUnreachable; RequestPending if it takes longer than anybody should wait at once."""
    if not daemon.takes(caller.app):
        raise _unreachable(caller.app)
    given = document(dict(arguments))
    new = NewRequest(operation, given, caller.person, caller.subjects, caller.on_host, caller.session)
    with caller.app.store.writing() as writer:
        request = writer.add_request(new)
    return wait(caller.app, daemon, request)


def wait(app: App, daemon: DaemonProcess, request: int) -> Any:
    """The answer as JSON, or the error with which the daemon refused.

    A request that nobody takes any more is withdrawn: a later daemon surprises nobody.
    """
    end = time.monotonic() + WAIT_SECONDS
    taken = lost = False
    while (found := _read(app, request)).answered_at is None:
        if lost and (taken or _withdraw(app, request)):
            raise _unreachable(app)
        if time.monotonic() > end:
            raise RequestPending(request=request)
        daemon.pause(app)
        taken = found.taken_at is not None
        # Asked before the next look: a last answer counts.
        lost = not (daemon.alive(app) if taken else daemon.takes(app))
    if found.error is not None:
        raise raised_again(found.error)
    return found.answer


def give_up(caller: Caller, request: int) -> None:
    """Whoever asked has gone: what was not begun is not done, unless it was another who asked."""
    if _read(caller.app, request).person == caller.person:
        _withdraw(caller.app, request)


def _withdraw(app: App, request: int) -> bool:
    """False if it was begun, and is finished."""
    error = refusal_document(RequestWithdrawn(request=request))
    with app.store.writing() as writer:
        return writer.withdraw_request(request, error)


def _read(app: App, request: int) -> DaemonRequest:
    with app.store.reading() as reader:
        return reader.daemon_request(request)


def _unreachable(app: App) -> DaemonUnreachable:
    return DaemonUnreachable(data_dir=app.settings.data_dir)
