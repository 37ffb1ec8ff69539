"""`/api/v1/runs/{run}/log/stream`: the log of a run while it is written, as server-sent events."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from runner.api.caller import Caller
from runner.api.http import PREFIX
from runner.api.logs import read_log
from runner.errors import DriftlineError
from runner.view.log import LogPart
from runner.web.api.arguments import Arguments
from runner.web.dashboard.log import followed
from runner.web.identity.caller import caller_of
from runner.web.stream.places import Places
from runner.web.stream.sse import Stream, last_event

PATH = PREFIX + "/runs/{run}/log/stream"

router = APIRouter()
arguments = Arguments(read_log)


@router.get(PATH)
async def follow_log(request: Request, caller: Annotated[Caller, Depends(caller_of)]) -> Response:
    """`lines` as they are written, and `over` once no more will come. The id of an event is the offset behind it."""
    places: Places = request.app.state.places
    places.refuse_more(caller.name)
    given = await arguments.read(request)
    start = last_event(request)
    start = given.get("offset", 0) if start is None else start
    run = given["run"]
    await run_in_threadpool(read_log, caller, run)  # what is refused is refused before it begins
    path = caller.app.workspaces.log(run)

    def read(offset: int) -> LogPart:
        """Who it is is asked each time: a token may be revoked."""
        return read_log(caller_of(request), run, offset=offset)

    request.app.state.turns.leave(request.scope)
    return Stream(_until_refused(followed(path, read, start)), places.held(caller.name))


async def _until_refused(events: AsyncGenerator[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    with suppress(DriftlineError):  # the client comes again, and is told then
        async with aclosing(events):
            async for event in events:
                yield event
