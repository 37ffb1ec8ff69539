"""Beginning, finding and ending sessions."""

from dataclasses import replace
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response

from runner.app import App
from runner.errors import LoginEnded
from runner.model.access.session import Identity, Session, new_session_secret
from runner.model.access.token import Token, digest_of
from runner.model.values.client_network import client_network
from runner.web.identity.cookie import NAME, drop_cookie, set_cookie, signed_cookie
from runner.web.identity.csrf import VISIT
from runner.web.identity.guesses import Guesses, keys_of
from runner.web.identity.tokens import known_token, minute, refuse_ended_token

LOGIN_PREFIX = "login_"
NOBODY = "nobody"  # who acts, in the audit log, where nobody was recognised
NOTED_EVERY = timedelta(minutes=5)


def begin_session(request: Request, answer: Response, identity: Identity, token: str | None = None) -> None:
    """Under a new secret, whatever cookie came with the request: nobody can have put it there before the login."""
    app: App = request.app.state.app
    secret, now = new_session_secret(), app.clock.now()
    lasts = timedelta(seconds=app.settings.web.session)
    session = Session(digest_of(secret), identity, now, now + lasts, now, token)
    old = signed_cookie(request, NAME)
    with app.store.writing() as writer:
        if old is not None:
            writer.end_session(digest_of(old))
        writer.add_session(session, address=address_of(request))
    set_cookie(request, answer, NAME, secret, int(lasts.total_seconds()))
    drop_cookie(request, answer, VISIT)


def end_session(request: Request, answer: Response) -> None:
    app: App = request.app.state.app
    secret = signed_cookie(request, NAME)
    if secret is not None:
        with app.store.writing() as writer:
            writer.end_session(digest_of(secret))
    drop_cookie(request, answer, NAME)


def session_of(request: Request) -> Session | None:
    """The session of the cookie; LoginEnded if it is over."""
    app: App = request.app.state.app
    secret = signed_cookie(request, NAME)
    if secret is None:
        return None
    return _live(app, secret)


def begin_login(request: Request, identity: Identity) -> str:
    """The secret of a login of the command line, which comes as a bearer token."""
    app: App = request.app.state.app
    secret, now = LOGIN_PREFIX + new_session_secret(), app.clock.now()
    until = now + timedelta(seconds=app.settings.web.session)
    with app.store.writing() as writer:
        writer.add_session(Session(digest_of(secret), identity, now, until, now), address=address_of(request))
    return secret


def login_of(app: App, secret: str) -> Session | None:
    """The login of a bearer token, if it is one; LoginEnded if it is over."""
    return _live(app, secret) if secret.startswith(LOGIN_PREFIX) else None


def end_login(app: App, secret: str) -> None:
    with app.store.writing() as writer:
        writer.end_session(digest_of(secret))


def _live(app: App, secret: str) -> Session | None:
    now = app.clock.now()
    with app.store.reading() as reader:
        session = reader.session(digest_of(secret))
        if session is None:
            return None
        token = reader.token(session.token) if session.token is not None else None
    if token is not None:
        refuse_ended_token(token, now)
    if not session.lives(token, now):
        raise _ended(session)
    return _noted(app, session, now)


def _ended(session: Session) -> LoginEnded:
    if session.ended_at is not None:
        return LoginEnded(what="login", end="was ended", at=minute(session.ended_at))
    return LoginEnded(what="login", end="expired", at=minute(session.expires_at))


def refuse_guesses(request: Request, secret: str) -> None:
    """TooManyGuesses, from this address or of secrets that begin like this one."""
    guesses: Guesses = request.app.state.guesses
    guesses.refuse_more(*keys_of(client_of(request), secret))


def token_sent(request: Request, secret: str) -> Token | None:
    """The token with this secret; without one, a guess is counted, and TooManyGuesses raised."""
    token = known_token(request.app.state.app, secret)
    if token is None:
        # After the look: whoever has a right one is not kept out by others behind the same address.
        note_wrong(request, secret)
        refuse_guesses(request, secret)
    return token


def note_wrong(request: Request, secret: str) -> None:
    app: App = request.app.state.app
    guesses: Guesses = request.app.state.guesses
    if guesses.wrong(*keys_of(client_of(request), secret)) and not app.read_only:
        with app.store.writing() as writer:
            writer.audit_note(NOBODY, "login.failed", address_of(request), {})


def client_of(request: Request) -> str:
    """By what its requests are counted."""
    return client_network(address_of(request))


def address_of(request: Request) -> str:
    return request.client.host if request.client is not None and request.client.host else "this host"


def _noted(app: App, session: Session, now: datetime) -> Session:
    if now - session.seen_at < NOTED_EVERY or app.read_only:
        return session
    with app.store.writing() as writer:
        writer.note_session(session.digest, now)
    return replace(session, seen_at=now)
