"""Login of the command line: by a code that a person confirms at the issuer (RFC 8628), and logout."""

import binascii
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from itsdangerous import BadSignature

from runner.api.http import DEVICE_LOGIN, LOGOUT
from runner.app import App
from runner.errors import LoginEnded, LoginRefused
from runner.model.access.token import digest_of
from runner.web.identity.cookie import signer
from runner.web.identity.csrf import refuse_foreign
from runner.web.identity.live import begin_login, client_of, end_login, login_of
from runner.web.identity.tokens import BEARER
from runner.web.oidc.claims import identity_of
from runner.web.oidc.issuer import Issuer

SLOWER_SECONDS = 5.0
MOST_POLLS = 60  # a minute; a client asks every five seconds
NOTHING = {"address": None, "code": None, "handle": None, "interval": None, "seconds": None}

router = APIRouter(include_in_schema=False)


@router.post(DEVICE_LOGIN)
def begin_device(request: Request) -> dict[str, Any]:
    """Where to confirm which code; nothing where there is no issuer, or it has no such login."""
    issuer: Issuer | None = request.app.state.issuer
    if issuer is None:
        return NOTHING
    refuse_foreign(request.headers)  # a browser counts for everybody behind its address
    guesses = request.app.state.guesses
    key = f"device {client_of(request)}"
    guesses.refuse_more(key)  # before the issuer is asked, which may take long to answer
    guesses.wrong(key)
    if not issuer.has_devices:
        return NOTHING
    begun = issuer.begin_device()
    return {
        "address": begun.address,
        "code": begun.user_code,
        "handle": _sealed(request, f"{time.time() + begun.seconds}:{begun.interval}:{begun.device_code}"),
        "interval": begun.interval,
        "seconds": begun.seconds,
    }


@router.post(f"{DEVICE_LOGIN}/token")
def device_token(request: Request, handle: Annotated[str, Body(embed=True)]) -> dict[str, Any]:
    """A token of the server once the person has confirmed; until then, how long to wait before the next question."""
    issuer: Issuer | None = request.app.state.issuer
    if issuer is None:
        raise LoginRefused(reason="this server no longer has an issuer")
    until, interval, code = _opened(request, handle).split(":", 2)
    if float(until) < time.time():
        raise LoginRefused(reason="the code has expired")
    # The issuer is asked each time, and holds a thread while it answers.
    # By its code: the same handle can be written in many ways, since Base64 with other characters in it is still read.
    key, guesses = f"poll {digest_of(code)}", request.app.state.guesses
    guesses.refuse_more(key, most=MOST_POLLS)
    guesses.wrong(key)
    token, slower = issuer.device_token(code)
    if token is None:
        return {"token": None, "interval": float(interval) + (SLOWER_SECONDS if slower else 0.0)}
    identity = identity_of(issuer.claims(token, None), issuer.settings.groups_claim)
    return {"token": begin_login(request, identity), "interval": None}


@router.post(LOGOUT, status_code=204)
def log_out(request: Request) -> Response:
    """End the login whose token comes with the request. A token of `driftline token create` stays valid."""
    app: App = request.app.state.app
    secret = request.headers.get("authorization", "").removeprefix(BEARER)
    with suppress(LoginEnded):
        if login_of(app, secret) is not None:
            end_login(app, secret)
    return Response(status_code=204)


def _sealed(request: Request, text: str) -> str:
    """Only codes of logins that began here are asked about."""
    return signer(request.app.state.app, "device").sign(urlsafe_b64encode(text.encode())).decode()


def _opened(request: Request, handle: str) -> str:
    try:
        return urlsafe_b64decode(signer(request.app.state.app, "device").unsign(handle)).decode()
    except (BadSignature, ValueError, binascii.Error) as error:
        raise LoginRefused(reason="it was not begun here") from error
