"""The daemon's side: what other processes ask for is the same operation, performed here."""

from collections.abc import Callable
from typing import Any

from runner.api.caller import Caller
from runner.api.operation import Operation
from runner.api.table import operations
from runner.app import App
from runner.daemon.requests import Performer
from runner.errors import DriftlineError, NotLoggedIn
from runner.model.access.access import EVERYTHING, access_of
from runner.model.access.token import is_token, token_subject
from runner.model.execution.daemon_request import AfterCrash, DaemonRequest
from runner.model.values.codec import from_plain
from runner.view.document import document


def performer(app: Callable[[], App]) -> Performer:
    """`app` is asked each time: a reload makes a new one. Roles are checked again: they may be gone since it was asked for."""

    def perform(request: DaemonRequest) -> Any:
        operation = _found(request.operation)
        if operation is None:
            raise DriftlineError(f"this daemon cannot do {request.operation}", hint="driftline version")
        given = {
            name: from_plain(operation.parameters[name].annotation, value)
            for name, value in request.arguments.items()
        }
        return document(operation(_caller(app(), request), **given))

    return Performer(_after_crash, perform)


def _caller(app: App, request: DaemonRequest) -> Caller:
    """Whoever asked, with the access that they have now; NotLoggedIn if their token or login is not valid any more."""
    _refuse_ended_session(app, request)
    if request.on_host:
        access = EVERYTHING
    else:
        _refuse_ended_tokens(app, request)
        access = access_of(request.subjects, app.settings.web.access)
    return Caller(app, lambda: request.person, access, request.person.name, subjects=request.subjects)


def _refuse_ended_session(app: App, request: DaemonRequest) -> None:
    if request.session is None:
        return
    now = app.clock.now()
    with app.store.reading() as reader:
        session = reader.session(request.session)
        token = None if session is None or session.token is None else reader.token(session.token)
    if session is None or not session.lives(token, now):
        raise NotLoggedIn


def _refuse_ended_tokens(app: App, request: DaemonRequest) -> None:
    """A token of the same name that was created since is another one."""
    now = app.clock.now()
    with app.store.reading() as reader:
        valid = {
            token_subject(one.name)
            for one in reader.tokens()
            if one.valid(now) and one.created_at <= request.at
        }
    if any(is_token(one) and one not in valid for one in request.subjects):
        raise NotLoggedIn


def _after_crash(name: str) -> AfterCrash:
    operation = _found(name)
    return operation.at_daemon or AfterCrash.LOSE if operation else AfterCrash.LOSE


def _found(name: str) -> Operation[..., Any] | None:
    """Only what is meant for it: whoever can write a request can not have anything else done."""
    return next((one for one in operations() if one.name == name and one.at_daemon), None)
