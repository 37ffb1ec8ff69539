"""Which pool a request comes from: its token is one of that pool's."""

from fastapi import Request

from runner.app import App
from runner.errors import NotLoggedIn, PoolRefused, ServedReadOnly
from runner.model.settings.pools import PoolSettings
from runner.web.identity.live import token_sent
from runner.web.identity.tokens import BEARER


def pool_of(request: Request) -> PoolSettings:
    """NotLoggedIn without a valid token, PoolRefused with one that is no pool's."""
    app: App = request.app.state.app
    given = request.headers.get("authorization", "")
    token = token_sent(request, given.removeprefix(BEARER) if given.startswith(BEARER) else "")
    if token is None:
        raise NotLoggedIn
    if app.read_only:
        raise ServedReadOnly(operation="Execute runs in a pool")
    for pool in app.settings.pools:
        if token.name in pool.tokens:
            return pool
    raise PoolRefused(token=token.name)
