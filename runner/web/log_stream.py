"""`/api/v1/runs/{run}/log/stream`: the log of a run while it is written, as server-sent events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from runner.api.caller import Caller
from runner.api.logs import read_log
from runner.web.arguments import Arguments
from runner.web.identity import caller_of
from runner.web.log import followed
from runner.web.stream import Stream, last_event

PATH = "/api/v1/runs/{run}/log/stream"

router = APIRouter()
arguments = Arguments(read_log)


@router.get(PATH)
async def follow_log(request: Request, caller: Annotated[Caller, Depends(caller_of)]) -> Response:
    """`lines` as they are written, and `over` once no more will come. The id of an event is the offset behind it."""
    given = await arguments.read(request)
    start = last_event(request)
    start = given.get("offset", 0) if start is None else start
    await run_in_threadpool(read_log, caller, given["run"])  # what is refused is refused before it begins
    return Stream(followed(caller, given["run"], start))
