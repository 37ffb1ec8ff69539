"""Under which names this server answers: a page of another site that has its own name point here gets nothing."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from runner.errors import HostUnknown
from runner.model.settings.web import WebSettings
from runner.web.guard.refuse import refused
from runner.web.transport.peer import PEER

LOCALHOST = "localhost"


class KnownHosts:
    """Addresses in numbers are always right: a name is what another site can give us."""

    def __init__(self, app: ASGIApp, web: WebSettings) -> None:
        self._app = app
        self._names = known_names(web)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and PEER not in scope.get("state", {}):
            request = Request(scope)
            given = request.headers.get("host", "")
            if not known(given, self._names):
                await refused(request, HostUnknown(host=given))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def known_names(web: WebSettings) -> frozenset[str]:
    listen = (web.listen or "").rpartition(":")[0]
    public = urlsplit(web.public_url or "").hostname or ""
    return frozenset(name.lower() for name in (LOCALHOST, listen, public, *web.hosts) if name)


def known(given: str, names: frozenset[str]) -> bool:
    try:
        host = urlsplit(f"//{given}").hostname or ""
    except ValueError:
        return False
    return host.rstrip(".") in names or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
