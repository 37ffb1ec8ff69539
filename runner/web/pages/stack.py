"""One stack: how it stands, why it does or does not act, and what people do with it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from runner.api.caller import Caller
from runner.api.history import list_history
from runner.api.stacks import show_newcomer, show_rules, show_stack
from runner.errors import StackNotFound
from runner.web.dashboard.deeds import LENGTHS, Given, deed_named, possible
from runner.web.dashboard.form import done
from runner.web.dashboard.html import html
from runner.web.identity.caller import page_caller

HISTORY = 8  # changes; the rest is in the list of runs

router = APIRouter(include_in_schema=False)


@router.get("/stacks/{stack:path}")
def stack(request: Request, stack: str, caller: Annotated[Caller, Depends(page_caller)]) -> HTMLResponse:
    try:
        page = show_stack(caller, stack)
    except StackNotFound:
        return html(request, "newcomer.html", caller, page=show_newcomer(caller, stack))
    return html(
        request,
        "stack.html",
        caller,
        page=page,
        rules=show_rules(caller, stack),
        history=list_history(caller, stack=stack, limit=HISTORY),
        deeds=tuple(possible(caller, page)),
        lengths=LENGTHS,
    )


@router.post("/stacks/{stack:path}")
def act(
    request: Request,
    stack: str,
    caller: Annotated[Caller, Depends(page_caller)],
    do: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
    length: Annotated[str, Form()] = "",
) -> Response:
    given = Given(reason, length)
    return done(request, f"/stacks/{quote(stack)}", lambda: deed_named(do).perform(caller, stack, given), str)
