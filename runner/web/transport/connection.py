"""Connections: how long a client may take for a request, and to take its answer."""

from asyncio import TimerHandle, Transport

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from runner.web.transport.taking import Taking

REQUEST_SECONDS = 15  # for all of a request to come; what it asks for may take longer
SLOWEST = 16 * 1024  # bytes a second of a request that takes longer to come, such as a large artifact
MOST = 512
HEAD_BYTES = 32 * 1024  # the first line and all headers


class Connection(H11Protocol):
    """uvicorn waits for a request for ever, and until its answer is taken, so that a few hundred clients that send
    nothing, or read nothing, would be all it has.
    """

    _taking: Taking
    _late: TimerHandle | None = None
    _began = 0.0
    _received = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        self._taking = Taking(transport, self.loop)
        self._expect()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        if self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self._expect()
        else:
            self._expect_nothing()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taking.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        self._taking.end()
        super().connection_lost(exc)

    def _expect(self) -> None:
        """Once for each request: a client that sends a byte now and then gains nothing."""
        if self._late is None:
            self._began, self._received = self.loop.time(), 0
            self._late = self.loop.call_later(REQUEST_SECONDS, self._judge)

    def _judge(self) -> None:
        if self._received < SLOWEST * (self.loop.time() - self._began):
            self.transport.close()
        else:
            self._late = self.loop.call_later(REQUEST_SECONDS, self._judge)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
