"""Whether a request that changes something comes from a page of ours, and not from another site's."""

import secrets
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

from runner.app import App
from runner.errors import ForgedRequest
from runner.web.identity.cookie import NAME, set_cookie, signed_cookie, signer
from runner.web.identity.tokens import BEARER
from runner.web.transport.peer import is_local

FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})  # of Sec-Fetch-Site; "none" is a person who reloads the page
VISIT = "driftline-visit"  # the cookie that the login page's token is bound to: there is no session yet
VISIT_SECONDS = 3600
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def csrf_of(request: Request) -> str:
    """The token for the forms of a page; empty for callers without a cookie, who need none."""
    bound = _bound_to(request)
    return "" if bound is None else _token(request.app.state.app, bound)


def begin_visit(request: Request) -> tuple[str, str | None]:
    """The token for the login form, and the visit to set as a cookie where there was none."""
    bound = _bound_to(request)
    visit = None if bound is not None else secrets.token_urlsafe(32)
    return _token(request.app.state.app, bound or visit or ""), visit


def set_visit(request: Request, answer: Response, visit: str) -> None:
    set_cookie(request, answer, VISIT, visit, VISIT_SECONDS)


async def refuse_forged(request: Request) -> None:
    """A dependency of every route: ForgedRequest if a cookie speaks for a request that another site may have sent."""
    # Only a token: browsers send a name and a password by themselves, for an address of another site's choice.
    spoken_for = request.headers.get("authorization", "").startswith(BEARER) or is_local(request)
    if request.method in SAFE or spoken_for or _bound_to(request) is None:
        return
    sent = request.headers.get(HEADER) or await _field(request)
    refuse_foreign(request.headers)
    refuse_token(request, sent)


def refuse_foreign(headers: Mapping[str, str]) -> None:
    site = headers.get("sec-fetch-site")
    if site is not None and site not in OURS:
        raise ForgedRequest(why=f"Sec-Fetch-Site is {site}")


def refuse_token(request: Request, sent: str) -> None:
    expected = csrf_of(request)
    if not expected or not secrets.compare_digest(sent.encode(), expected.encode()):
        raise ForgedRequest(why=f"the {FIELD} token is missing or wrong")


async def _field(request: Request) -> str:
    """Of the form of a page; the API takes JSON."""
    is_form = request.headers.get("content-type", "").startswith(FORMS)
    if not is_form or request.url.path.startswith("/api/"):
        return ""
    form = await request.form()
    value = form.get(FIELD, "")
    return value if isinstance(value, str) else ""


def _bound_to(request: Request) -> str | None:
    return signed_cookie(request, NAME) or signed_cookie(request, VISIT)


def _token(app: App, bound: str) -> str:
    return signer(app, FIELD).get_signature(bound).decode()
