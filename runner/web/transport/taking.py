"""Whether a client takes what it has asked for: one that does not would keep its connection, and the answer, for ever."""

import struct
from asyncio import AbstractEventLoop, TimerHandle, Transport
from socket import SO_LINGER, SOL_SOCKET

TAKING_SECONDS = 60
SLOWEST_TAKING = 1024  # bytes a second
_AT_ONCE = struct.pack("ii", 1, 0)  # seconds that the kernel goes on sending what it has


class Taking:
    """Watches a connection while more waits for the client than the kernel takes from us."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._timer: TimerHandle | None = None
        self._waiting = 0

    def begin(self) -> None:
        self.end()
        self._waiting = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(TAKING_SECONDS, self._judge)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _judge(self) -> None:
        taken = self._waiting - self._transport.get_write_buffer_size()
        if taken < SLOWEST_TAKING * TAKING_SECONDS:
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
            self._transport.abort()  # to close it would wait for the client
        else:
            self.begin()
