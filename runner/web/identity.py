"""Who sent a request: a token, a session, or the process at the other end of the socket."""

from fastapi import Request

from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.app import App
from runner.errors import NotLoggedIn
from runner.model.access.access import access_of
from runner.model.approval.approval import Person
from runner.web.tokens import known_token

BEARER = "Bearer "


def caller_of(request: Request) -> Caller:
    """The authenticated caller; NotLoggedIn."""
    app: App = request.app.state.app
    given = request.headers.get("authorization", "")
    if not given.startswith(BEARER):
        raise NotLoggedIn
    name = known_token(app.store, given.removeprefix(BEARER), app.clock.now())
    if name is None:
        raise NotLoggedIn
    subjects = (f"token:{name}",)
    access = access_of(subjects, app.settings.web.access)
    return Caller(app, lambda: Person(name, "token"), access, name, DaemonProcess())
