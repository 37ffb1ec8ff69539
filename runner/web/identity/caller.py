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
from runner.web.identity.live import login_of, note_wrong, refuse_guesses, session_of
from runner.web.identity.tokens import BEARER, known_token
from runner.web.transport.peer import peer_identity, peer_uid

_OF_ONE_HUMAN = ("oidc:user:", "oidc:sub:")


def caller_of(request: Request) -> Caller:
    """The authenticated caller of the API; NotLoggedIn."""
    identity = _identity(request)
    if identity is None:
        raise NotLoggedIn
    app: App = request.app.state.app
    access = EVERYTHING if identity.host else access_of(identity.subjects, app.settings.web.access)
    return Caller(
        app,
        lambda: person_of(identity),
        access,
        identity.name,
        DaemonProcess(),
        identity.subjects,
    )


def page_caller(request: Request) -> Caller:
    """The authenticated caller of a page; who is not logged in is sent to the login page, and back afterwards."""
    try:
        return caller_of(request)
    except NotLoggedIn as none:
        raise LoginFirst from none


def _identity(request: Request) -> Identity | None:
    given = request.headers.get("authorization")
    if given is not None:
        return _of_token(request, given) if given.startswith(BEARER) else None
    uid = peer_uid(request)
    if uid is not None:
        app: App = request.app.state.app
        return peer_identity(uid, app.settings.data_dir)
    session = session_of(request)
    return None if session is None else session.identity


def _of_token(request: Request, given: str) -> Identity | None:
    app: App = request.app.state.app
    secret = given.removeprefix(BEARER)
    if (session := login_of(app, secret)) is not None:
        return session.identity
    token = known_token(app, secret)
    if token is None:
        # After the look: whoever has a right one is not kept out by others behind the same address.
        note_wrong(request, secret)
        refuse_guesses(request, secret)
    return None if token is None else identity_of_token(token.name)


def person_of(identity: Identity) -> Person:
    """Who acts, with the subjects by which an issuer means one human: a group is many."""
    also = tuple(subject for subject in identity.subjects if subject.startswith(_OF_ONE_HUMAN))
    return Person(identity.name, identity.known_by, also)


def identity_of_token(name: str) -> Identity:
    return Identity(name, "token", (token_subject(name),))
