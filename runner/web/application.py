"""Wiring of the web server."""

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from runner import __version__
from runner.app import App
from runner.errors import BadUsage, DriftlineError, NotLoggedIn
from runner.web import assets, theme
from runner.web.failing import error_page, status_page, wants_page
from runner.web.headers import SecurityHeaders
from runner.web.pages.table import add_pages
from runner.web.problem import MEDIA_TYPE, problem, status_of
from runner.web.routes import add_operations


def application(app: App) -> FastAPI:
    web = FastAPI(title="Driftline", version=__version__, docs_url=None, redoc_url=None)
    web.state.app = app
    web.add_exception_handler(DriftlineError, _refuse)
    web.add_exception_handler(RequestValidationError, _refuse_input)
    web.add_exception_handler(HTTPException, _refuse_request)
    add_operations(web)
    web.include_router(assets.router)
    web.include_router(theme.router)
    add_pages(web)
    web.add_middleware(SecurityHeaders)
    return web


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, DriftlineError)
    if wants_page(request) and not isinstance(error, NotLoggedIn):
        return error_page(request, error)
    status = 401 if isinstance(error, NotLoggedIn) else status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({**problem(error), "status": status}, status, headers, MEDIA_TYPE)


async def _refuse_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if wants_page(request):
        return status_page(request, error.status_code)
    return await http_exception_handler(request, error)


async def _refuse_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return await _refuse(request, BadUsage(told, hint="/api/docs"))
