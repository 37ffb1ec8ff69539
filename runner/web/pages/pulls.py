"""Pull requests: what merging each would do, and letting a fork be planned."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.pulls import allow_pull, list_pulls
from runner.model.access.role import Role
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

PATH = "/pulls"

router = APIRouter(include_in_schema=False)
router.add_api_route("/pulls.json", endpoint(list_pulls))


@router.get(PATH)
def pulls(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], *, ended: bool = False
) -> HTMLResponse:
    return html(
        request,
        "pulls.html",
        caller,
        pulls=list_pulls(caller, ended=ended),
        ended=ended,
        may_allow=caller.may_change(Role.OPERATOR, None),
    )


@router.post("/pulls/{number}/allow")
def allow(
    request: Request,
    number: int,
    caller: Annotated[Caller, Depends(page_caller)],
    source: Annotated[str, Form()],
    head: Annotated[str, Form()],
) -> Response:
    return done(
        request,
        PATH,
        lambda: allow_pull(caller, number, head=head, source=source),
        lambda row: f"Pull request {row.name} of {row.source} is planned at {row.head[:12]}.",
    )
