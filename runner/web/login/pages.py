"""The login page, and what its form and the logout button do."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from runner.app import App
from runner.errors import LoginEnded
from runner.model.access.session import CODE_PREFIX, Identity
from runner.model.access.token import digest_of
from runner.web.dashboard.html import html
from runner.web.identity.back import safe_next
from runner.web.identity.caller import identity_of_token
from runner.web.identity.csrf import begin_visit, refuse_token, set_visit
from runner.web.identity.live import begin_session, end_session, note_wrong, refuse_guesses, session_of
from runner.web.identity.tokens import known_token

router = APIRouter(include_in_schema=False)

WRONG = "This token is not valid."
SPENT = "This link was used before, or is older than ten minutes."


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Who is logged in already goes on."""
    try:
        if session_of(request) is not None:
            return RedirectResponse(safe_next(next), 303)
    except LoginEnded as ended:
        return _page(request, next, ended=f"{ended.message.capitalize()}.")
    return _page(request, next)


@router.post("/login")
def log_in(
    request: Request,
    secret: Annotated[str, Form()],
    csrf: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the name in the form
) -> Response:
    """With a token, or with a code of `driftline token link`."""
    refuse_token(request, csrf)
    try:
        known = _known(request.app.state.app, secret.strip())
    except LoginEnded as ended:
        return _page(request, next, problem=f"{ended.message.capitalize()}.")
    if known is None:
        # After the look: whoever has a right one is not kept out by others behind the same address.
        refuse_guesses(request, secret)
        note_wrong(request, secret)
        return _page(request, next, problem=SPENT if secret.startswith(CODE_PREFIX) else WRONG)
    identity, token = known
    answer = RedirectResponse(safe_next(next), 303)
    begin_session(request, answer, identity, token)
    return answer


@router.post("/logout")
def log_out(request: Request) -> Response:
    answer = RedirectResponse("/login", 303)
    end_session(request, answer)
    return answer


def _known(app: App, secret: str) -> tuple[Identity, str | None] | None:
    if secret.startswith(CODE_PREFIX):
        with app.store.writing() as writer:
            identity = writer.take_login_code(digest_of(secret))
        return None if identity is None else (identity, None)
    token = known_token(app, secret)
    return None if token is None else (identity_of_token(token.name), token.digest)


def _issuer(request: Request) -> str:
    app: App = request.app.state.app
    oidc = app.settings.web.oidc
    return urlsplit(oidc.issuer).hostname or "" if oidc is not None else ""


def _page(request: Request, next_page: str, problem: str = "", ended: str = "") -> Response:
    csrf, visit = begin_visit(request)
    status = 401 if problem else 200
    answer = html(
        request,
        "login.html",
        status=status,
        csrf=csrf,
        next=safe_next(next_page),
        problem=problem,
        ended=ended,
        issuer=_issuer(request),
    )
    if visit is not None:
        set_visit(request, answer, visit)
    return answer
