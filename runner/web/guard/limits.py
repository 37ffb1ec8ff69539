"""Around every request: how large it may be, and what is told when the server itself fails."""

import secrets

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runner.api.http import PREFIX, WORK
from runner.errors import DriftlineError, InternalError, RequestAmbiguous, RequestTooLarge
from runner.host.log import log
from runner.model.state.served import LARGEST, ROUTE
from runner.web.guard.refuse import refused

MAX_BODY = 1024 * 1024
# Paths below which a body may be larger. One byte more than that, so that what is served there can refuse it in its words.
LARGER = {
    f"{ROUTE}/": LARGEST + 1,
    f"{PREFIX}/state-pushes/": LARGEST,
    f"{WORK}/": 256 * 1024 * 1024,  # artifacts and results
}
MAX_TARGET = 8 * 1024  # path and query


class Guard:
    """Bounds what a request may say, and answers for what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            _refuse_ambiguous(scope)
            most = _most(scope)
            _refuse_large(scope, most)
            await self._app(scope, _bounded(receive, most), sending)
        except ClientDisconnect:
            return  # nobody is there to be told
        except DriftlineError as error:
            answer = refused(Request(scope), error)
            if isinstance(error, RequestAmbiguous):
                # What follows on this connection may be the rest of a body, written by somebody else.
                answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
        except Exception as error:
            known = _logged(scope, error)
            if started:
                raise
            await refused(Request(scope), known)(scope, receive, send)
        finally:
            if "app" in scope:
                scope["app"].state.turns.leave(scope)


def _refuse_ambiguous(scope: Scope) -> None:
    """A proxy that goes by the other header sees another end, and passes on a second request as the first one's body."""
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
        raise RequestAmbiguous


def _most(scope: Scope) -> int:
    """Bytes of a body."""
    return next((most for path, most in LARGER.items() if scope["path"].startswith(path)), MAX_BODY)


def _refuse_large(scope: Scope, most: int) -> None:
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET:
        raise RequestTooLarge(part="address", most=MAX_TARGET)
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(value.isdigit() and int(value) > most for value in lengths):
        raise RequestTooLarge(part="body", most=most)


def _bounded(receive: Receive, most: int) -> Receive:
    """A body in chunks says its length nowhere."""
    received = 0

    async def receiving() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise RequestTooLarge(part="body", most=most)
        return message

    return receiving


def _logged(scope: Scope, error: Exception) -> InternalError:
    """With an id that finds it in the log. The address may hold what others wrote, so only the route is logged."""
    known = InternalError(id=secrets.token_hex(6))
    route = getattr(scope.get("route"), "path", "")
    log.error("web.internal_error", id=known.facts["id"], method=scope["method"], route=route, exc_info=error)
    return known
