"""Errors of pages, as pages: browsers get HTML, programs get problem details."""

from http import HTTPStatus

from fastapi import Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.errors import DriftlineError
from runner.web.dashboard.html import html
from runner.web.identity.caller import caller_of
from runner.web.problem import headers_of, status_of

TITLES = {403: "You may not do that", 404: "Not found", 500: "Something broke"}
TEXTS = {
    404: "There is nothing at this address, or nothing that you may see.",
    500: "The server's log says what it was.",
}


def wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def error_page(request: Request, error: DriftlineError) -> HTMLResponse:
    page = status_page(request, status_of(error), error.message, error.hint or "")
    page.headers.update(headers_of(error))
    return page


def status_page(request: Request, status: int, text: str = "", hint: str = "") -> HTMLResponse:
    title = TITLES.get(status, HTTPStatus(status).phrase)
    return html(
        request,
        "error.html",
        _somebody(request),
        status=status,
        code=status,
        title=title,
        text=text or TEXTS.get(status, ""),
        hint=hint,
    )


def _somebody(request: Request) -> Caller | None:
    """For the navigation: an error is also told to whoever is not logged in."""
    try:
        return caller_of(request)
    except DriftlineError:
        return None
