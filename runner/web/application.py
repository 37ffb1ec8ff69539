"""Wiring of the web server."""

from fastapi import Depends, FastAPI

from runner import __version__
from runner.app import App
from runner.web import health
from runner.web.api import description, routes
from runner.web.dashboard import assets, theme
from runner.web.guard.headers import SecurityHeaders
from runner.web.guard.hosts import KnownHosts
from runner.web.guard.limits import Guard
from runner.web.guard.refuse import add_refusals
from runner.web.hooks import add_hooks
from runner.web.identity.csrf import refuse_forged
from runner.web.identity.first import LoginFirst, to_login
from runner.web.identity.guesses import Guesses
from runner.web.identity.turns import Turns
from runner.web.login import from_afar
from runner.web.login import pages as login_pages
from runner.web.metrics import page as metrics
from runner.web.metrics.requests import Counting, RequestNumbers
from runner.web.oidc import pages as oidc_pages
from runner.web.oidc.issuer import Issuer
from runner.web.pages.table import add_pages
from runner.web.served_states import add_states
from runner.web.stream import events, log_stream
from runner.web.stream.feed import Feed
from runner.web.stream.places import Places

PARTS = (login_pages, from_afar, oidc_pages, description, events, log_stream, health, metrics, assets, theme)

# For one look at the records: the daemon waits for it when it writes.
READ_SECONDS = 5.0


def application(app: App) -> FastAPI:
    app.store.limit_reads(READ_SECONDS)
    web = FastAPI(
        title="Driftline",
        version=__version__,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(refuse_forged)],
    )
    web.state.app = app
    web.state.issuer = Issuer.of(app.settings.web.oidc)
    web.state.guesses = Guesses()
    web.state.turns = Turns()
    web.state.feed = Feed(app.store)
    web.state.places = Places()
    web.state.requests = RequestNumbers()
    add_refusals(web)
    web.add_exception_handler(LoginFirst, to_login)
    if app.settings.pools:
        from runner.web.work import routes as work
        from runner.web.work.bodies import Bodies

        web.state.bodies = Bodies()
        # Routes are tried one after the other, and nobody asks as often as workers.
        web.include_router(work.router)
    web.include_router(routes.router())
    for part in PARTS:
        web.include_router(part.router)
    add_hooks(web, app)
    if not app.read_only:
        add_states(web, app)
    add_pages(web)
    web.add_middleware(Guard)
    web.add_middleware(KnownHosts, web=app.settings.web)
    web.add_middleware(SecurityHeaders)  # also on what the guard answers
    web.add_middleware(Counting, numbers=web.state.requests)
    return web
