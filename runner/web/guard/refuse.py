"""Whatever goes wrong with a request is answered by a problem, or by a page where a browser asked for one."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match

from runner.errors import (
    DriftlineError,
    Invalid,
    InvalidRequest,
    MethodNotAllowed,
    NothingServed,
    NotLoggedIn,
)
from runner.web.guard.failing import error_page, status_page, wants_page
from runner.web.problem import refusal

OPTIONS = "OPTIONS"


def add_refusals(to: FastAPI) -> None:
    to.add_exception_handler(DriftlineError, _refuse)
    to.add_exception_handler(HTTPException, _refuse_route)
    to.add_exception_handler(RequestValidationError, _refuse_form)


def refused(request: Request, error: DriftlineError) -> Response:
    if wants_page(request) and not isinstance(error, NotLoggedIn):
        return error_page(request, error)
    return refusal(error)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, DriftlineError)
    return refused(request, error)


async def _refuse_route(request: Request, error: Exception) -> Response:
    """What the router found nothing for."""
    assert isinstance(error, HTTPException)
    if error.status_code not in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return await http_exception_handler(request, error)
    if wants_page(request):
        return status_page(request, error.status_code)
    path = request.url.path
    if error.status_code == HTTPStatus.NOT_FOUND:
        return refusal(NothingServed(path=path))
    allowed = ", ".join(_allowed(request))
    if request.method == OPTIONS:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
    return refusal(MethodNotAllowed(path=path, method=request.method, allowed=allowed))


async def _refuse_form(request: Request, error: Exception) -> Response:
    """What FastAPI could not read: forms and queries of pages."""
    assert isinstance(error, RequestValidationError)
    told = [
        Invalid(one["loc"][0], "".join(f"/{part}" for part in one["loc"][1:]), one["msg"])
        for one in error.errors()
    ]
    return refused(request, InvalidRequest.of(told))


def _allowed(request: Request) -> list[str]:
    """The methods of every route of this path; the router names only those of the first."""
    found = {OPTIONS}
    for one in iter_route_contexts(request.app.router.routes):
        route = one.original_route
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found)
