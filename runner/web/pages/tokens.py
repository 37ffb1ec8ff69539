"""API tokens: who has one, a new one, whose secret is shown once, and revoking."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.sessions import end_sessions, list_sessions
from runner.api.tokens import NewToken, create_token, list_tokens, revoke_token
from runner.errors import DriftlineError
from runner.model.access.role import Role
from runner.model.access.token import Validity
from runner.model.values.span import Seconds
from runner.view.words import counted
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import done, refused
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

PATH = "/tokens"
# What the form offers; an API client may say any span.
SPANS = ("7d", "30d", "90d", "52w", "")

router = APIRouter(include_in_schema=False)
router.add_api_route("/tokens.json", endpoint(list_tokens))


@router.get(PATH)
def tokens(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], revoke: str = ""
) -> HTMLResponse:
    """With `revoke`, it asks whether that token is to be revoked."""
    return _page(request, caller, revoke=revoke)


@router.post(PATH)
def create(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    name: Annotated[str, Form()],
    expires: Annotated[str, Form()] = "",
) -> Response:
    """The answer has the secret: a redirect would have to keep it somewhere."""
    try:
        made = create_token(caller, name=name.strip(), expires=_span(expires))
    except DriftlineError as error:
        return refused(request, PATH, error)
    return _page(request, caller, made=made)


@router.post("/tokens/sessions/end")
def end(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], name: Annotated[str, Form()]
) -> Response:
    return done(
        request,
        PATH,
        lambda: end_sessions(caller, name),
        lambda done: f"Ended {counted(done.ended, 'session')} of {done.name}.",
    )


@router.post("/tokens/revoke")
def revoke(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], name: Annotated[str, Form()]
) -> Response:
    return done(request, PATH, lambda: revoke_token(caller, name), lambda _: f"Revoked the token {name}.")


def _page(
    request: Request, caller: Caller, *, made: NewToken | None = None, revoke: str = ""
) -> HTMLResponse:
    rows = list_tokens(caller)
    valid = {row.name for row in rows if row.state is Validity.VALID}
    return html(
        request,
        "tokens.html",
        caller,
        tokens=sorted(rows, key=lambda row: (row.name not in valid, row.name)),
        sessions=list_sessions(caller),
        made=made,
        revoking=revoke if revoke in valid else "",
        spans=SPANS,
        may_change=caller.may_change(Role.ADMIN, None),
    )


def _span(text: str) -> Seconds | None:
    return Seconds.parse(text) if text in SPANS and text else None
