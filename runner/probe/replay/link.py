"""Calls to one provider process: gRPC over HTTP/2, as many at a time as are worth it, in the thread that asks.

Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. gRPC's own library takes longer to be
imported than all calls of a small check, and its TLS does not know go-plugin's certificates (P-521).
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from runner.probe.identity import HOST, Identity
from runner.probe.protocol import Handshake

SHUTDOWN = "/plugin.GRPCController/Shutdown"
AT_ONCE = 10  # as many as terraform has in flight
LARGEST_ANSWER = 64 << 20  # as terraform accepts
WINDOW = 16 << 20
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


@dataclass
class _Asked:
    """A call in flight."""

    number: int
    rest: bytes  # of the request, not sent yet
    answer: bytearray = field(default_factory=bytearray)
    status: bytes | None = None
    said: bytes = b""


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
        config = H2Configuration(client_side=True, header_encoding=None, validate_inbound_headers=False)
        self._http = H2Connection(config)
        # What `update` changes is not in the first frame, and counts here as if the provider knew it.
        known = {SettingCodes(code): value for code, value in self._http.local_settings.items()}
        known[SettingCodes.INITIAL_WINDOW_SIZE] = WINDOW
        self._http.local_settings = Settings(client=True, initial_values=known)
        self._http.initiate_connection()
        self._http.increment_flow_control_window(WINDOW)
        self._asked: dict[int, _Asked] = {}

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
                for event in self._received():
                    if (done := self._heard(event)) is not None:
                        yield done.number, self._message(done)
        except (OSError, ProtocolError) as error:
            raise LinkFailed(f"it does not answer: {error or 'timeout'}") from error

    def _begin(self, number: int, call: tuple[str, bytes]) -> None:
        method, request = call
        stream = self._http.get_next_available_stream_id()
        self._http.send_headers(stream, [(b":path", method.encode()), *_HEADERS])
        self._asked[stream] = _Asked(number, b"\0" + len(request).to_bytes(4) + request)
        self._push(stream)

    def _push(self, stream: int) -> None:
        """As much of the request as the provider has room for."""
        asked = self._asked[stream]
        while asked.rest:
            room = min(
                self._http.local_flow_control_window(stream), self._http.max_outbound_frame_size, _PART
            )
            if room <= 0:
                return
            part, asked.rest = asked.rest[:room], asked.rest[room:]
            self._http.send_data(stream, part, end_stream=not asked.rest)

    def _send(self) -> None:
        for stream, asked in self._asked.items():
            if asked.rest:
                self._push(stream)
        if pending := self._http.data_to_send():
            self._socket.settimeout(self._left())
            self._socket.sendall(pending)

    def _received(self) -> list[Event]:
        part = self._part()
        if not part:
            raise LinkFailed("it closed the connection")
        return self._http.receive_data(part)

    def _part(self) -> bytes:
        while True:
            self._socket.settimeout(min(self._left(), _LOOK_SECONDS))
            try:
                return self._socket.recv(_PART)
            except TimeoutError:
                if self._canceled():
                    raise LinkFailed("stopped on request") from None

    def _heard(self, event: Event) -> _Asked | None:
        """The call that has ended with this."""
        match event:
            case DataReceived(stream_id=int(stream), data=bytes(data), flow_controlled_length=length):
                asked = self._asked[stream]
                asked.answer += data
                if len(asked.answer) > LARGEST_ANSWER:
                    raise LinkFailed("its answer is too large")
                if length:
                    self._http.acknowledge_received_data(length, stream)
            case ResponseReceived(stream_id=int(stream)) | TrailersReceived(stream_id=int(stream)):
                headers = dict(event.headers or ())
                asked = self._asked[stream]
                asked.status = headers.get(b"grpc-status", asked.status)
                asked.said = headers.get(b"grpc-message", asked.said)
            case StreamEnded(stream_id=int(stream)):
                return self._asked.pop(stream)
            case StreamReset(error_code=code) if code is not ErrorCodes.NO_ERROR:
                raise LinkFailed(f"it broke off a call: {code}")
            case ConnectionTerminated():
                raise LinkFailed("it closed the connection")
        return None

    @staticmethod
    def _message(asked: _Asked) -> bytes:
        if asked.status != _OK:
            said = asked.said.decode(errors="replace")
            raise LinkFailed(f"it answered with status {(asked.status or b'none').decode()}: {said}")
        content = bytes(asked.answer)
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
