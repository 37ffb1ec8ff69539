"""Joins two connections, when the other side had to be checked first, or uses another protocol."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

Dial = Callable[[Callable[[], asyncio.Protocol]], Awaitable[object]]


class _End(asyncio.Protocol):
    """Data received here is sent at the other end, no faster than it is accepted there."""

    def __init__(self) -> None:
        self.other = self
        self.transport: Any = None
        self.over = False
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.pause_reading()  # until there is another
        if self.over:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(error)

    def end(self) -> None:
        """At once, even if it has not started yet."""
        self.over = True
        if self.transport is not None:
            self.transport.abort()


async def splice(outer: socket.socket, dial: Dial) -> None:
    """Pass bytes both ways until one side has closed; then close both.

    `dial` connects the given protocol with the other side; OSError if it cannot.
    """
    here, there = _End(), _End()
    here.other, there.other = there, here
    closed = (here.closed, there.closed)
    with outer:
        try:
            await dial(lambda: there)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: here, outer)
            for end in (here, there):
                end.transport.resume_reading()
            await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED)
            for end in (here, there):
                end.transport.close()  # pending data is still sent
            await asyncio.wait(closed)
        finally:
            for end in (here, there):
                end.end()
