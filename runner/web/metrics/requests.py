"""Requests of this process, counted by route and status: never by address, which anybody can make up."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RequestNumbers:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.count = Counter(
            "driftline_web_requests",
            "Answered requests.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "driftline_web_request_seconds",
            "Time until the beginning of an answer.",
            ["route"],
            registry=self.registry,
            buckets=_BUCKETS,
        )


class Counting:
    """Outside of everything else, so that what the guard refuses is counted too."""

    def __init__(self, app: ASGIApp, numbers: RequestNumbers) -> None:
        self._app, self._numbers = app, numbers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, sending)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "none")
        self._numbers.count.labels(method, route, str(status)).inc()
        self._numbers.seconds.labels(route).observe(seconds)
