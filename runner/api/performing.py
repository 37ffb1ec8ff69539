"""The daemon's side: what other processes ask for is the same operation, performed here."""

from collections.abc import Callable
from typing import Any

from runner.api.caller import Caller
from runner.api.operation import Operation
from runner.api.table import operations
from runner.app import App
from runner.daemon.requests import Performer
from runner.errors import DriftlineError
from runner.model.execution.daemon_request import AfterCrash, DaemonRequest
from runner.model.values.codec import from_plain
from runner.view.document import document


def performer(app: Callable[[], App]) -> Performer:
    """`app` is asked each time: a reload makes a new one. Roles were checked where it was asked for."""

    def perform(request: DaemonRequest) -> Any:
        operation = _found(request.operation)
        if operation is None:
            raise DriftlineError(f"this daemon cannot do {request.operation}", hint="driftline version")
        given = {
            name: from_plain(operation.parameters[name].annotation, value)
            for name, value in request.arguments.items()
        }
        caller = Caller(app(), lambda: request.person, request.access, request.person.name)
        return document(operation.perform(caller, **given))

    return Performer(_after_crash, perform)


def _after_crash(name: str) -> AfterCrash:
    operation = _found(name)
    return operation.at_daemon or AfterCrash.LOSE if operation else AfterCrash.LOSE


def _found(name: str) -> Operation[..., Any] | None:
    """Only what is meant for it: whoever can write a request can not have anything else done."""
    return next((one for one in operations() if one.name == name and one.at_daemon), None)
