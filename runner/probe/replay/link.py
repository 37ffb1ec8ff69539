"""Calls to one provider process: gRPC over HTTP/2, as many at a time as are worth it, in the thread that asks.

gRPC's own library takes longer to be imported than all calls of a small check, and its TLS does not know go-plugin's
certificates (P-521).
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Self

from runner.probe.identity import HOST, Identity
from runner.probe.protocol import Handshake
from runner.probe.replay.http2 import Broken, Http2, Stream

SHUTDOWN = "/plugin.GRPCController/Shutdown"
AT_ONCE = 10  # as many as terraform has in flight
LARGEST_ANSWER = 64 << 20  # as terraform accepts
_PART = 1 << 18
_LOOK_SECONDS = 0.5  # whether somebody wants it to stop
_PREFIX = 5  # of a message: whether it is compressed, and its length
_OK = b"0"
_HEADERS = (
    (b":method", b"POST"),
    (b":scheme", b"https"),
    (b":authority", HOST.encode()),
    (b"te", b"trailers"),
    (b"content-type", b"application/grpc"),
)


class LinkFailed(Exception):
    """A provider that does not answer, or not as gRPC does"""


class Link:
    """A connection that only the provider with the announced certificate can answer."""

    def __init__(
        self, handshake: Handshake, identity: Identity, until: float, canceled: Callable[[], bool]
    ) -> None:
        """`until` is a time of `time.monotonic`, for everything that is asked. LinkFailed if nobody answers."""
        self._until = until
        self._canceled = canceled
        plain = socket.socket(socket.AF_UNIX)
        try:
            plain.settimeout(self._left())
            plain.connect(handshake.path)
            self._socket = identity.context.wrap_socket(plain, server_hostname=HOST)
        except OSError as error:
            plain.close()
            raise LinkFailed(f"it does not answer: {error or 'timeout'}") from error
        if self._socket.getpeercert(binary_form=True) != handshake.presented:
            self._socket.close()
            raise LinkFailed("its certificate differs from the one it announced")
        self._http = Http2(LARGEST_ANSWER)
        self._asked: dict[int, int] = {}  # by their streams, the calls under way

    @property
    def is_idle(self) -> bool:
        return not self._asked

    def lend(self, until: float, canceled: Callable[[], bool]) -> None:
        """For the next one who asks; nobody else may be asking."""
        self._until, self._canceled = until, canceled

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def shut_down(self) -> None:
        """Ask the provider to end, as terraform would."""
        with suppress(LinkFailed, StopIteration):
            next(self.answers([(SHUTDOWN, b"")]))

    def answers(self, calls: Sequence[tuple[str, bytes]]) -> Iterator[tuple[int, bytes]]:
        """Each call's number and answer, as they arrive; LinkFailed if one has none."""
        waiting = deque(enumerate(calls))
        try:
            while waiting or self._asked:
                while waiting and len(self._asked) < AT_ONCE:
                    self._begin(*waiting.popleft())
                self._send()
                for answered in self._received():
                    yield self._asked.pop(answered.number), self._message(answered)
        except (OSError, Broken) as error:
            raise LinkFailed(f"it does not answer: {error or 'timeout'}") from error

    def _begin(self, number: int, call: tuple[str, bytes]) -> None:
        method, request = call
        stream = self._http.request(
            [(b":path", method.encode()), *_HEADERS], b"\0" + len(request).to_bytes(4) + request
        )
        self._asked[stream.number] = number

    def _send(self) -> None:
        if pending := self._http.pending():
            self._socket.settimeout(self._left())
            self._socket.sendall(pending)

    def _received(self) -> Iterator[Stream]:
        part = self._part()
        if not part:
            raise LinkFailed("it closed the connection")
        return self._http.receive(part)

    def _part(self) -> bytes:
        while True:
            self._socket.settimeout(min(self._left(), _LOOK_SECONDS))
            try:
                return self._socket.recv(_PART)
            except TimeoutError:
                if self._canceled():
                    raise LinkFailed("stopped on request") from None

    @staticmethod
    def _message(answered: Stream) -> bytes:
        status = answered.headers.get(b"grpc-status")
        if status != _OK:
            said = answered.headers.get(b"grpc-message", b"").decode(errors="replace")
            raise LinkFailed(f"it answered with status {(status or b'none').decode()}: {said}")
        content = bytes(answered.answer)
        if (
            len(content) < _PREFIX
            or content[0]
            or int.from_bytes(content[1:_PREFIX]) != len(content) - _PREFIX
        ):
            raise LinkFailed("its answer is no message")
        return content[_PREFIX:]

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("it did not answer in time")
        return left
