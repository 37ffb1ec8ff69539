"""Sources: when each was polled and what that found, and polling one now."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from runner.api.caller import Caller
from runner.api.sources import list_sources, sync_sources
from runner.model.access.role import Role
from runner.view.poll import PollRows
from runner.view.words import counted
from runner.web.api.routes import endpoint
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

PATH = "/sources"

router = APIRouter(include_in_schema=False)
router.add_api_route("/sources.json", endpoint(list_sources))


@router.get(PATH)
def sources(request: Request, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    may_sync = caller.may_change(Role.ADMIN, None)
    return html(request, "sources.html", caller, sources=list_sources(caller), may_sync=may_sync)


@router.post(PATH)
def sync(
    request: Request, caller: Annotated[Caller, Depends(page_caller)], source: Annotated[str, Form()] = ""
) -> Response:
    """Of one source, or of all."""
    return done(request, PATH, lambda: sync_sources(caller, source=source or None), _found)


def _found(rows: PollRows) -> str:
    return "\n".join(
        f"{row.source}: {row.problem}"
        if row.problem
        else f"{row.source}: {counted(row.stacks, 'stack')} at {(row.revision or '-')[:7]}"
        + (", new commits" if row.moved else ", nothing new")
        for row in rows
    )
