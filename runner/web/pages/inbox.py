"""What waits for whoever looks: plans to approve, and everything else that they may settle."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.inbox import show_inbox
from runner.web.api.routes import endpoint
from runner.web.dashboard.html import html
from runner.web.dashboard.needs import grouped, page_of
from runner.web.identity.caller import page_caller

router = APIRouter(include_in_schema=False)
router.add_api_route("/inbox.json", endpoint(show_inbox))


@router.get("/inbox")
def inbox(request: Request, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    page = show_inbox(caller)
    return html(request, "inbox.html", caller, page=page, groups=grouped(page.needs), page_of=page_of)
