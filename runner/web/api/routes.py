"""The API's routes, made from the table of operations: parse, call, answer."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from runner.api.asking import give_up
from runner.api.caller import Caller
from runner.api.http import PREFIX
from runner.api.operation import Operation
from runner.api.table import operations
from runner.errors import RequestPending
from runner.web.api.answer import answer_to
from runner.web.api.arguments import Arguments
from runner.web.api.paging import CURSOR, LIMIT, is_paged
from runner.web.identity.caller import caller_of

PARTS = (LIMIT, CURSOR)
_NAME_AT_THE_END = re.compile(r"{(stack|name)}$")


@cache
def router() -> APIRouter:
    """The same for every application: an operation becomes a route once."""
    made = APIRouter()
    # A name at the end may have slashes, so that `/stacks/{stack}` would also match a longer path.
    for one in sorted(operations(), key=_matched_last):
        made.add_api_route(
            PREFIX + _NAME_AT_THE_END.sub(r"{\1:path}", one.path),
            endpoint(one),
            methods=[one.method, "HEAD"] if one.method == "GET" else [one.method],
            name=one.name,
            response_model=None,
        )
    return made


def _matched_last(of: Operation[..., Any]) -> tuple[bool, int]:
    return bool(of.in_path), -of.path.count("/")


def endpoint(of: Operation[..., Any]) -> Callable[..., Awaitable[Response]]:
    arguments, of_paging = Arguments(of), PARTS if is_paged(of) else ()

    async def answer(request: Request, caller: Annotated[Caller, Depends(caller_of)]) -> Response:
        given = await arguments.read(request, but=of_paging)
        try:
            return await run_in_threadpool(answer_to, request, of, caller, given)
        except RequestPending as pending:
            if await request.is_disconnected():
                await run_in_threadpool(give_up, caller, pending.facts["request"])
            raise

    return answer
