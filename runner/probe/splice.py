"""Two connected sockets made one: a connection whose other side had to be looked at before anything serves it."""

import asyncio
import socket
from typing import Any


class _End(asyncio.Protocol):
    """What comes here is sent at the other end, no faster than it is taken there."""

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
        """At once, also where it has not begun yet."""
        self.over = True
        if self.transport is not None:
            self.transport.abort()


async def splice(outer: socket.socket, inner: socket.socket) -> None:
    """Pass bytes both ways until one side has closed; both are closed in the end."""
    loop = asyncio.get_running_loop()
    here, there = _End(), _End()
    here.other, there.other = there, here
    closed = (here.closed, there.closed)
    with outer, inner:
        try:
            await loop.connect_accepted_socket(lambda: here, outer)
            await loop.connect_accepted_socket(lambda: there, inner)
            for end in (here, there):
                end.transport.resume_reading()
            await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED)
            for end in (here, there):
                end.transport.close()  # what is still to be sent is sent
            await asyncio.wait(closed)
        finally:
            for end in (here, there):
                end.end()
