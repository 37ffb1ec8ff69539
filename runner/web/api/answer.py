"""An operation is done, and what it returns becomes the answer to a request."""

import hashlib
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response

from runner.api.caller import Caller
from runner.api.content import Content
from runner.api.operation import Operation
from runner.web.api import once, paging
from runner.web.api.written import BYTES, JSON, written
from runner.web.problem import NEVER_KEPT

ASKED_AGAIN = "private, no-cache"  # may be kept by who asked, who then asks whether it still holds


def answer_to(request: Request, of: Operation[..., Any], caller: Caller, given: dict[str, Any]) -> Response:
    if of.answer is Content:
        return _file(of(caller, **given))
    if of.method == "GET":
        return (
            _paged(request, of, caller, given) if paging.is_paged(of) else _look(request, of(caller, **given))
        )
    return once.done_once(request, of, caller, given)


def _paged(request: Request, of: Operation[..., Any], caller: Caller, given: dict[str, Any]) -> Response:
    asked = paging.wanted(request, of)
    if paging.limits_itself(of):
        if asked.limit is not None:
            given |= {paging.LIMIT: asked.limit + 1}  # one more tells whether there is a next page
        if asked.after is not None:
            given |= {paging.BEFORE: paging.number(asked.after)}
        asked = paging.Wanted(asked.limit, None)
    key = paging.key_of(of.answer)
    assert key is not None
    rows, last = paging.page(of(caller, **given), key, asked)
    answer = _look(request, rows)
    if last is not None:
        answer.headers["Link"] = paging.link(request, last)
    return answer


def _file(of: Content) -> Response:
    headers = {
        "Cache-Control": NEVER_KEPT,
        "Content-Disposition": f'attachment; filename="{of.name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(of.data, media_type=BYTES, headers=headers)


def _look(request: Request, value: Any) -> Response:
    """Not sent again to who has it already."""
    content = written(value)
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": ASKED_AGAIN, "Vary": "Authorization, Cookie"}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, media_type=JSON, headers=headers)


def _has(told: str, tag: str) -> bool:
    """Compared weakly, as RFC 9110 says for If-None-Match."""
    strong = tag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") in {strong, "*"} for one in told.split(","))
