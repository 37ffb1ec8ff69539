"""`GET /metrics`."""

import ipaddress
from collections.abc import Iterator
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from runner.api.caller import Caller
from runner.api.recent import recent
from runner.api.stack_facts import reading_records
from runner.app import App
from runner.model.access.role import Role
from runner.model.approval.approval import Person
from runner.view.metrics import Numbers, numbers
from runner.web.identity.caller import caller_of
from runner.web.metrics.families import families
from runner.web.metrics.requests import RequestNumbers

# A proxy on this host connects from loopback, whoever asks it.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """For anybody on this host, unless a proxy may be in between; else for a viewer of all stacks."""
    if not _from_here(request):
        caller = caller_of(request)
        if not caller.access.unlimited:
            raise caller.lacks(Role.VIEWER, None, "Read the metrics.")
    counted: RequestNumbers = request.app.state.requests
    registry = CollectorRegistry()
    registry.register(_Installation(request.app.state.app))
    return Response(
        generate_latest(registry) + generate_latest(counted.registry), media_type=CONTENT_TYPE_LATEST
    )


class _Installation:
    """A collector of prometheus-client."""

    def __init__(self, app: App) -> None:
        self._app, self._reader = app, Caller(app, _nobody)

    def collect(self) -> Iterator[Metric]:
        app, host = self._app, self._app.host()

        def work() -> Numbers:
            with reading_records(self._reader) as (reader, records):
                return numbers(reader, app.settings, app.clock, host, records.stacks)

        return families(app.store.look(partial(recent, self._reader, work, *host.facts)))


def _nobody() -> Person:
    raise RuntimeError("who reads metrics changes nothing")


def _from_here(request: Request) -> bool:
    app: App = request.app.state.app
    proxied = app.settings.web.public_url is not None or app.settings.web.proxies
    if proxied or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
