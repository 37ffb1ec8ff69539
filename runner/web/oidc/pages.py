"""Login with a browser: to the issuer and back (authorization code with PKCE)."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from runner.app import App
from runner.errors import LoginRefused, NothingServed
from runner.model.settings.web import web_address
from runner.web.identity.back import HOME, safe_next
from runner.web.identity.cookie import drop_cookie, set_cookie, signed_cookie
from runner.web.identity.live import begin_session, client_of
from runner.web.oidc.claims import identity_of
from runner.web.oidc.issuer import Issuer

BEGUN = "driftline-oidc"  # the cookie of a login that has begun: the answer has to come to the same browser
SECONDS = 600
# Bytes. In the cookie one takes up to four, and a browser drops a cookie of more than 4 KB: nobody could log in.
LONGEST_BACK = 850
CALLBACK = "/login/oidc/callback"

router = APIRouter(include_in_schema=False)


@router.get("/login/oidc")
def to_issuer(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Each login has a state, a nonce and a verifier of its own."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address = issuer_of(request).login_address(_redirect(request), state, nonce, verifier)
    answer = RedirectResponse(address, 303)
    begun = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "next": safe_next(next) if len(next.encode()) <= LONGEST_BACK else HOME,
        "until": time.time() + SECONDS,
    }
    set_cookie(request, answer, BEGUN, json.dumps(begun), SECONDS)
    return answer


@router.get(CALLBACK)
def from_issuer(
    request: Request, state: str = "", code: str = "", error: str = "", iss: str = ""
) -> Response:
    begun = _own(request, state)
    # The issuer is asked, and holds a thread while it answers.
    with _bounded(request, "answers"):
        return _logged_in(request, begun, code, error, iss)


def _own(request: Request, state: str) -> dict[str, Any]:
    """The login that this answer belongs to. Answers to none are counted by themselves: any page that a browser
    shows can send those, and would keep whoever is behind the same address from logging in.
    """
    try:
        return _begun(request, state)
    except LoginRefused:
        with _bounded(request, "answers to no login"):
            raise


@contextmanager
def _bounded(request: Request, what: str) -> Iterator[None]:
    """So many refused ones from one network; TooManyGuesses."""
    guesses, key = request.app.state.guesses, f"{what} from {client_of(request)}"
    guesses.refuse_more(key)
    try:
        yield
    except LoginRefused:
        guesses.wrong(key)
        raise


def _logged_in(request: Request, begun: dict[str, Any], code: str, error: str, iss: str) -> Response:
    if iss and iss != issuer_of(request).settings.issuer:
        raise LoginRefused(reason="another issuer has answered")  # RFC 9207
    if error or not code:
        raise LoginRefused(reason=f"the issuer said {error[:100] or 'nothing'}")
    issuer = issuer_of(request)
    token = issuer.id_token(code, _redirect(request), begun["verifier"])
    identity = identity_of(issuer.claims(token, begun["nonce"]), issuer.settings.groups_claim)
    answer = RedirectResponse(safe_next(begun["next"]), 303)
    begin_session(request, answer, identity)
    drop_cookie(request, answer, BEGUN)
    return answer


def issuer_of(request: Request) -> Issuer:
    issuer: Issuer | None = request.app.state.issuer
    if issuer is None:
        raise NothingServed(path=request.url.path)
    return issuer


def _begun(request: Request, state: str) -> dict[str, Any]:
    found = signed_cookie(request, BEGUN)
    begun: dict[str, Any] = json.loads(found or "{}")
    # A browser forgets the cookie by then; whoever has copied it does not.
    if begun.get("until", 0.0) < time.time():
        raise LoginRefused(reason="it was not begun in this browser, or took more than ten minutes")
    if not state or not secrets.compare_digest(state.encode(), begun["state"].encode()):
        raise LoginRefused(reason="the answer belongs to another login")
    return begun


def _redirect(request: Request) -> str:
    app: App = request.app.state.app
    base = web_address(app.settings.web) or str(request.base_url)
    return base.rstrip("/") + CALLBACK
