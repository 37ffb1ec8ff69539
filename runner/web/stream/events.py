"""`/api/v1/events`: what happens, as server-sent events that go on where a client left off."""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from runner.api.caller import Caller
from runner.api.events import topics_of
from runner.api.http import PREFIX
from runner.errors import DriftlineError
from runner.model.access.role import Role
from runner.model.events.feed import FeedEvent
from runner.model.events.text import stack_of, stacks_of
from runner.view.document import document
from runner.view.event import EventRow, event_row
from runner.web.identity.caller import caller_of
from runner.web.stream.feed import Feed, Follower
from runner.web.stream.places import Places
from runner.web.stream.sse import HEARTBEAT_SECONDS, Stream, event_before, last_event

PATH = PREFIX + "/events"
RETRY_MILLISECONDS = 2000
GAP = "gap"

router = APIRouter()


@router.get(PATH)
async def follow_events(
    request: Request,
    caller: Annotated[Caller, Depends(caller_of)],
    topic: Annotated[tuple[str, ...], Query()] = (),
    stack: str | None = None,
) -> Response:
    """Events as they happen: those of these topics, such as `run.*`, and of this stack.

    With `Last-Event-ID`, else with `after`, it begins behind that event. `gap` says that events in between are no longer kept.
    """
    if not caller.access.allows(Role.VIEWER, stack):
        raise caller.lacks(Role.VIEWER, stack, "Follow events.")
    feed: Feed = request.app.state.feed
    places: Places = request.app.state.places
    places.refuse_more(caller.name)
    wanted = Wanted(request, caller, topics_of(topic), stack)
    # Now: the stream is followed only after its answer has begun, and what happens in between would be missed.
    head = await run_in_threadpool(feed.head)
    after, last = event_before(request), last_event(request)  # a browser that comes back still says both
    request.app.state.turns.leave(request.scope)
    return Stream(_sent(feed, wanted, after if last is None else last, head), places.held(caller.name))


@dataclass
class Wanted:
    """Which events somebody gets. Who they are is asked again and again: a token may be revoked, a role be bound."""

    request: Request
    caller: Caller
    topics: Collection[str]
    stack: str | None
    asked: float = field(default_factory=time.monotonic)

    async def ask_again(self) -> None:
        if time.monotonic() - self.asked > HEARTBEAT_SECONDS:
            self.caller = await run_in_threadpool(caller_of, self.request)
            self.asked = time.monotonic()

    def includes(self, event: FeedEvent) -> bool:
        return event.topic in self.topics and self.stack in {None, stack_of(event)} and self._sees(event)

    def _sees(self, event: FeedEvent) -> bool:
        """What concerns no single stack is for those who see all."""
        names, access = stacks_of(event), self.caller.access
        return all(map(access.sees, names)) if names else access.unlimited

    def told(self, event: FeedEvent) -> EventRow:
        """A reason may name a stack that they may not see."""
        row, caller = event_row(event), self.caller
        return row if caller.access.unlimited else caller.veil().over(row)


async def _sent(feed: Feed, wanted: Wanted, last: int | None, head: int) -> AsyncIterator[ServerSentEvent]:
    with suppress(DriftlineError):  # the client comes again, and is told then
        async with feed.follow() as follower, aclosing(_followed(feed, follower, last, head)) as followed:
            async for event in followed:
                await wanted.ask_again()
                if event is None:
                    continue
                if isinstance(event, ServerSentEvent):
                    yield event
                elif wanted.includes(event):
                    yield _written(await run_in_threadpool(wanted.told, event))


async def _followed(
    feed: Feed, follower: Follower, last: int | None, head: int
) -> AsyncGenerator[FeedEvent | ServerSentEvent | None]:
    """What is on record behind the last event, or behind the head at the request, then what happens; None now and then.

    It begins with nothing but an id, so that a client which loses its connection before the first event misses none.
    """
    position, begin = follower.position, head if last is None else last
    yield ServerSentEvent(id=str(begin), retry=RETRY_MILLISECONDS, sep="\n")
    if last is not None and last > position:
        yield _gap(last, position)  # an older database was put in place
    else:
        async for missed in _missed(feed, begin, position):
            yield missed
            begin = missed.id if isinstance(missed, FeedEvent) else begin
        position = begin
    while True:
        try:
            next_one = await follower.next(HEARTBEAT_SECONDS)
        except TimeoutError:
            yield None
            continue
        if next_one is None:
            return
        if next_one.id > position:
            yield next_one


async def _missed(feed: Feed, begin: int, until: int) -> AsyncGenerator[FeedEvent | ServerSentEvent]:
    """What is on record behind `begin`; nothing if the feed is not beyond it."""
    while begin < until and (events := await run_in_threadpool(feed.after, begin)):
        if events[0].id > begin + 1:
            yield _gap(begin, events[0].id)
        for event in events:
            yield event
        begin = events[-1].id


def _written(row: EventRow) -> ServerSentEvent:
    data = json.dumps(document(row), ensure_ascii=False)
    return ServerSentEvent(data, event=row.topic, id=str(row.id), sep="\n")


def _gap(last: int, begin: int) -> ServerSentEvent:
    return ServerSentEvent(json.dumps({"after": last, "next": begin}), event=GAP, sep="\n")
