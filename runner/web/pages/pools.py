"""Pools of workers: who is there, what they execute, and taking a pool out of work."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.pools import drain_pool, list_pools, list_workers, resume_pool
from runner.model.access.role import Role
from runner.view.lease import lease_sentence
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

PATH = "/pools"

router = APIRouter(include_in_schema=False)
router.add_api_route("/pools.json", endpoint(list_pools))


@router.get(PATH)
def pools(request: Request, caller: Annotated[Caller, Depends(page_caller)], drain: str = "") -> HTMLResponse:
    """With `drain`, it asks for the reason to drain that pool."""
    page = list_pools(caller)
    may_change = caller.may_change(Role.OWNER, None)
    known = any(pool.name == drain and pool.drained is None for pool in page.pools)
    return html(
        request,
        "pools.html",
        caller,
        page=page,
        workers=list_workers(caller),
        broker=caller.host().broker,
        may_change=may_change,
        draining=drain if known and may_change else "",
        lease=lease_sentence,
    )


@router.post("/pools/drain")
def drain(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    pool: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    return done(
        request,
        PATH,
        lambda: drain_pool(caller, pool, reason=reason),
        lambda _: f"Drained {pool}: no new run is offered to it.",
    )


@router.post("/pools/resume")
def resume(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], pool: Annotated[str, Form()]
) -> Response:
    return done(request, PATH, lambda: resume_pool(caller, pool), lambda _: f"Resumed {pool}.")
