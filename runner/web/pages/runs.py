"""Runs, newest first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.run_list import list_runs
from runner.model.run.life import Kind, State
from runner.web.api.numbers import run_number
from runner.web.dashboard.html import html, link
from runner.web.identity.caller import page_caller

PATH = "/runs"
ROWS = 50  # on one page
GROUPS: dict[str, tuple[State, ...]] = {
    "waiting": (State.AWAITING_APPROVAL, State.APPROVED),
    "running": (State.QUEUED, State.PLANNING, State.APPLYING),
    "failed": (State.PLAN_FAILED, State.APPLY_FAILED, State.INTERRUPTED),
    "applied": (State.APPLIED,),
}

router = APIRouter(include_in_schema=False)


@router.get(PATH)
def runs(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    show: str = "",
    stack: str = "",
    kind: str = "",
    before: Annotated[str, Query(pattern=r"^(run-\d{1,18})?$")] = "",
) -> HTMLResponse:
    found = list_runs(
        caller,
        state=GROUPS.get(show, ()),
        stack=stack or None,
        kind=Kind(kind) if kind in set(Kind) else None,
        before=run_number(before) if before else None,
        limit=ROWS + 1,
    )
    asked = {"show": show, "stack": stack, "kind": kind}
    return html(
        request,
        "runs.html",
        caller,
        rows=found[:ROWS],
        groups=[(name, link(PATH, **asked | {"show": name})) for name in GROUPS],
        everything=link(PATH, stack=stack, kind=kind),
        checks=link(PATH, **asked | {"kind": "" if kind == Kind.DRIFT else Kind.DRIFT.value}),
        older=link(PATH, **asked, before=found[ROWS - 1].id) if len(found) > ROWS else None,
        newest=link(PATH, **asked) if before else None,
        show=show,
        stack=stack,
        kind=kind,
    )
