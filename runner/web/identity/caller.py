"""Who sent a request: a token, a session, or the process at the other end of the socket."""

from fastapi import Request

from runner.api.caller import Caller
from runner.api.daemon_process import DaemonProcess
from runner.app import App
from runner.errors import NotLoggedIn
from runner.model.access.access import EVERYTHING, access_of
from runner.model.access.session import Identity
from runner.model.access.token import token_subject
from runner.model.approval.approval import Person
from runner.web.identity.first import LoginFirst
from runner.web.identity.live import login_of, session_of, token_sent
from runner.web.identity.tokens import BEARER
from runner.web.identity.turns import Turns
from runner.web.transport.peer import peer_identity, peer_uid

_OF_ONE_HUMAN = ("oidc:user:", "oidc:sub:")


def caller_of(request: Request) -> Caller:
    """The authenticated caller of the API; NotLoggedIn, or TooManyAtOnce."""
    found = _known(request)
    if found is None:
        raise NotLoggedIn
    identity, session = found
    app: App = request.app.state.app
    turns: Turns = request.app.state.turns
    turns.take(request.scope, identity.name)
    access = EVERYTHING if identity.host else access_of(identity.subjects, app.settings.web.access)
    return Caller(
        app,
        lambda: person_of(identity),
        access,
        identity.name,
        DaemonProcess(),
        identity.subjects,
        session,
    )


def page_caller(request: Request) -> Caller:
    """The authenticated caller of a page; who is not logged in is sent to the login page, and back afterwards."""
    try:
        caller = caller_of(request)
    except NotLoggedIn as none:
        raise LoginFirst from none
    # Before the page reads anything: it is told of all that happens from here on.
    with caller.app.store.reading() as reader:
        request.state.seen = reader.events_head()
    return caller


def _known(request: Request) -> tuple[Identity, str | None] | None:
    """Who it is, and the digest of the session that they came by."""
    app: App = request.app.state.app
    given = request.headers.get("authorization")
    if given is None and (uid := peer_uid(request)) is not None:
        return peer_identity(uid, app.settings.data_dir), None
    if given is None:
        session = session_of(request)
    elif given.startswith(BEARER):
        secret = given.removeprefix(BEARER)
        if (session := login_of(app, secret)) is None:
            return _of_token(request, secret)
    else:
        return None
    return None if session is None else (session.identity, session.digest)


def _of_token(request: Request, secret: str) -> tuple[Identity, None] | None:
    token = token_sent(request, secret)
    return None if token is None else (identity_of_token(token.name), None)


def person_of(identity: Identity) -> Person:
    """Who acts, with the subjects by which an issuer means one human: a group is many."""
    also = tuple(subject for subject in identity.subjects if subject.startswith(_OF_ONE_HUMAN))
    return Person(identity.name, identity.known_by, also)


def identity_of_token(name: str) -> Identity:
    return Identity(name, "token", (token_subject(name),))
