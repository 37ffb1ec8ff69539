"""Wiring of the web server."""

from fastapi import FastAPI

from runner import __version__
from runner.app import App
from runner.web import assets, description, health, theme
from runner.web.guard import Guard
from runner.web.headers import SecurityHeaders
from runner.web.pages.table import add_pages
from runner.web.refuse import add_refusals
from runner.web.routes import add_operations


def application(app: App) -> FastAPI:
    web = FastAPI(title="Driftline", version=__version__, openapi_url=None, redirect_slashes=False)
    web.state.app = app
    add_refusals(web)
    add_operations(web)
    web.include_router(description.router)
    web.include_router(health.router)
    web.include_router(assets.router)
    web.include_router(theme.router)
    add_pages(web)
    web.add_middleware(Guard)
    web.add_middleware(SecurityHeaders)  # also on what the guard answers
    return web
