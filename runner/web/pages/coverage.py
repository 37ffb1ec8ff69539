"""Coverage: how much of the accounts the stacks manage, over time, and what nobody does."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.coverage import show_coverage
from runner.web.api.routes import endpoint
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)
router.add_api_route("/coverage.json", endpoint(show_coverage))


@router.get("/coverage")
def coverage(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    account: str | None = None,
    region: str | None = None,
    type: Annotated[str | None, Query()] = None,  # noqa: A002 - as in the API
    show: str = "",
) -> HTMLResponse:
    page = show_coverage(caller, account=account, region=region, type=type, left_out=show == "all")
    chosen = {"account": account, "region": region, "type": type}
    return html(request, "coverage.html", caller, page=page, chosen=chosen, everything=show == "all")
