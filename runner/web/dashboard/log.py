"""The log of a run, as pages show it and follow it."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from runner.api.caller import Caller
from runner.api.logs import read_log
from runner.model.values.frozen import dataclass
from runner.view.log import LogPart

MOST_SHOWN = 4 * 1024 * 1024  # bytes; the rest is in the file to download
LOOK = 0.1  # seconds between two looks at its size: what is written is seen at once
ASK = 2.0  # seconds between two questions whether more will come
LONGEST = 600.0  # seconds; then the browser connects again, and has to say who it is


@dataclass(frozen=True)
class Log:
    """`next` is where what is not in `lines` begins; `over` that nothing more will come."""

    lines: tuple[str, ...]
    next: int
    over: bool
    left_out: bool


def log_of(caller: Caller, run: int) -> Log:
    texts: list[str] = []
    for text, following, over in _parts(caller, run):
        texts.append(text)
        if following >= MOST_SHOWN:
            return Log(_lines(texts), following, over=over, left_out=not over)
    return Log(_lines(texts), following, over=over, left_out=False)


def log_text(caller: Caller, run: int) -> Iterator[str]:
    """All of it."""
    return (text for text, _, _ in _parts(caller, run))


def _parts(caller: Caller, run: int) -> Iterator[tuple[str, int, bool]]:
    """As far as it is written."""
    offset = 0
    while True:
        part = read_log(caller, run, offset=offset)
        yield part.text, part.next, part.over
        if part.end:
            return
        offset = part.next


def _lines(texts: list[str]) -> tuple[str, ...]:
    return tuple("".join(texts).splitlines())


async def followed(
    path: Path, read: Callable[[int], LogPart], offset: int
) -> AsyncGenerator[ServerSentEvent]:
    """What is written from there on, until it is over. An idle reader costs a look at the size of a file."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        part = await run_in_threadpool(read, offset)
        if part.text:
            offset = part.next
            yield ServerSentEvent(json.dumps(part.text), event="lines", id=str(offset))
        if part.over:
            yield ServerSentEvent("", event="over", id=str(offset))
            return
        if part.end:
            await _more(path, offset)


async def _more(path: Path, offset: int) -> None:
    """Wait until something was written, or it is time to ask."""
    end = time.monotonic() + ASK
    # Another process writes it, so nothing in this one could wake us.
    while time.monotonic() < end and _size(path) <= offset:  # noqa: ASYNC110
        await asyncio.sleep(LOOK)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
