"""What needs somebody, what is running, and how all stacks stand."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.status import show_status
from runner.api.trends import show_trends
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.values.frozen import dataclass
from runner.view.need import Why
from runner.view.status import StatusPage
from runner.web.dashboard.html import html
from runner.web.dashboard.needs import grouped, page_of
from runner.web.dashboard.spark import spark
from runner.web.dashboard.states import Look, of_state
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Tile:
    look: Look
    count: int
    link: str


@router.get("/")
def overview(request: Request, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    page = show_status(caller)
    return html(
        request,
        "overview.html",
        caller,
        page=page,
        tiles=tuple(_tiles(page)),
        groups=grouped(page.needs),
        page_of=page_of,
        month=spark(show_trends(caller).days),
    )


def _tiles(page: StatusPage) -> Iterator[Tile]:
    of, waiting = page.stacks, sum(need.why is Why.APPROVAL for need in page.needs)
    yield Tile(Look("hand", "wait", "to approve"), waiting, "/inbox")
    for axis, state, look, counts in (
        ("sync", Sync.PENDING, of_state(Sync.PENDING), of.sync),
        ("drift", DriftStatus.DRIFTED, of_state(DriftStatus.DRIFTED), of.drift),
        ("health", Health.ERROR, Look("cross", "fail", "failing"), of.health),
        ("health", Health.LOCKED, of_state(Health.LOCKED), of.health),
        ("health", Health.PAUSED, of_state(Health.PAUSED), of.health),
    ):
        yield Tile(look, counts.get(state.value, 0), f"/stacks?{axis}={state.value}")
