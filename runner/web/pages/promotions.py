"""Promotions: how far each stage is, and what it waits for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.promotions import list_promotions
from runner.api.windows import list_window_waits
from runner.web.api.routes import endpoint
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)
router.add_api_route("/promotions.json", endpoint(list_promotions))


@router.get("/promotions")
def promotions(request: Request, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    """With the approved runs whose windows are closed: both are changes that wait for their time."""
    return html(
        request,
        "promotions.html",
        caller,
        promotions=list_promotions(caller),
        waiting=list_window_waits(caller),
    )
