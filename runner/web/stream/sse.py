"""Server-sent events, as every stream of this server sends them."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, suppress

from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from runner.errors import Invalid, InvalidRequest
from runner.model.values.number import number_of

HEARTBEAT_SECONDS = 15
SLOW_SECONDS = 10  # that a client may need for one event


class Stream(EventSourceResponse):
    """Ends for a client that does not read. `held` is for as long as it is sent."""

    def __init__(self, content: AsyncIterator[ServerSentEvent], held: AbstractContextManager[None]) -> None:
        self._held = held
        super().__init__(content, ping=HEARTBEAT_SECONDS, send_timeout=SLOW_SECONDS, sep="\n")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held, suppress(SendTimeoutError):
            await super().__call__(scope, receive, send)


def last_event(request: Request) -> int | None:
    """The number of the last event that the client got."""
    return _event(request.headers.get("last-event-id", ""), "header", "/Last-Event-ID")


def event_before(request: Request) -> int | None:
    """The number of the event behind which a client begins, such as a page that was drawn then."""
    return _event(request.query_params.get("after", ""), "query", "/after")


def _event(told: str, place: str, pointer: str) -> int | None:
    if not told:
        return None
    number = number_of(told)
    if number is None:
        raise InvalidRequest.of([Invalid(place, pointer, "expected the number of an event")])
    return number
