"""Wiring of the web server."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from runner import __version__
from runner.app import App
from runner.errors import BadUsage, DriftlineError, NotLoggedIn
from runner.web.problem import MEDIA_TYPE, problem, status_of
from runner.web.routes import add_operations


def application(app: App) -> FastAPI:
    web = FastAPI(title="Driftline", version=__version__, docs_url=None, redoc_url=None)
    web.state.app = app
    web.add_exception_handler(DriftlineError, _refuse)
    web.add_exception_handler(RequestValidationError, _refuse_input)
    add_operations(web)
    return web


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DriftlineError)
    status = 401 if isinstance(error, NotLoggedIn) else status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({**problem(error), "status": status}, status, headers, MEDIA_TYPE)


async def _refuse_input(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return await _refuse(request, BadUsage(told, hint="/api/docs"))
