"""As much of HTTP/2 as a client of gRPC needs: frames in, frames out, and no socket.

Sources: RFC 9113 for frames, RFC 7541 for headers, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. A library
for all of HTTP/2 keeps a machine of states for each stream, which took longer than all else that a small check does.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hpack import Decoder, HPACKError

Headers = Sequence[tuple[bytes, bytes]]

WINDOW = 16 << 20  # of an answer, and of all answers under way together
LARGEST_HEADERS = 64 << 10
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME = struct.Struct(">HBBBI")  # the length in 16 and 8 bits, the type, flags, the stream
_SETTING = struct.Struct(">HI")
_HEAD = 9
_LARGEST_FRAME = 16384  # that either side sends, where the other one allows no more
_FIRST_WINDOW = 65535
_FURTHEST = (1 << 31) - 1  # of a window and of a stream's number
_ACK = _END_STREAM = 1
_END_HEADERS, _PADDED, _PRIORITY = 4, 8, 32
_ENABLE_PUSH, _INITIAL_WINDOW, _MAX_FRAME = 2, 4, 5
_NO_ERROR = 0


class Kind:
    """Of a frame."""

    DATA, HEADERS, RESET, SETTINGS, PUSH, PING, GO_AWAY, UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9


class Broken(Exception):
    """What came is not what RFC 9113 allows, or the other side gave up"""


@dataclass
class Stream:
    """One request under way, and what has come of its answer."""

    number: int
    rest: memoryview  # of the request, not sent yet
    window: int  # that the other side has for it
    answer: bytearray = field(default_factory=bytearray)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    unacknowledged: int = 0


class Http2:
    """One connection. `streams` are those under way, by their numbers."""

    def __init__(self, largest_answer: int) -> None:
        self._largest_answer = largest_answer
        self.streams: dict[int, Stream] = {}
        self._next = 1
        self._window = self._first_window = _FIRST_WINDOW
        self._largest = _LARGEST_FRAME
        self._unacknowledged = 0
        self._decoder = Decoder()
        self._decoder.max_header_list_size = LARGEST_HEADERS
        self._came = bytearray()
        self._block: tuple[Stream, bytearray, bool] | None = None  # headers whose end has not come
        self._out = bytearray(_PREFACE)
        settings = _SETTING.pack(_ENABLE_PUSH, 0) + _SETTING.pack(_INITIAL_WINDOW, WINDOW)
        self._send(Kind.SETTINGS, 0, 0, settings)
        self._send(Kind.UPDATE, 0, 0, WINDOW.to_bytes(4))

    def request(self, headers: Headers, content: bytes) -> Stream:
        """`content` is never empty: gRPC's own prefix of a message is part of it."""
        if self._next > _FURTHEST:
            raise Broken("the connection is used up")
        stream = self.streams[self._next] = Stream(self._next, memoryview(content), self._first_window)
        self._next += 2
        self._send(Kind.HEADERS, _END_HEADERS, stream.number, b"".join(_literal(*one) for one in headers))
        return stream

    def pending(self) -> bytes:
        """What is to be sent now: of requests, as much as the other side has room for."""
        for stream in self.streams.values():
            while stream.rest and (room := min(self._window, stream.window, self._largest)) > 0:
                part, stream.rest = stream.rest[:room], stream.rest[room:]
                self._window -= len(part)
                stream.window -= len(part)
                self._send(Kind.DATA, 0 if stream.rest else _END_STREAM, stream.number, part)
        out, self._out = bytes(self._out), bytearray()
        return out

    def receive(self, data: bytes) -> Iterator[Stream]:
        """The streams that have ended with this; Broken if one cannot."""
        self._came += data
        while len(self._came) >= _HEAD:
            high, low, kind, flags, number = _FRAME.unpack_from(self._came)
            length = high << 8 | low
            if length > _LARGEST_FRAME:
                raise Broken("a frame is too large")
            if len(self._came) < _HEAD + length:
                return
            content = bytes(self._came[_HEAD : _HEAD + length])
            del self._came[: _HEAD + length]
            ended = self._frame(kind, flags, number & _FURTHEST, content)
            if ended is not None:
                del self.streams[ended.number]
                yield ended

    def _frame(self, kind: int, flags: int, number: int, content: bytes) -> Stream | None:
        """The stream that it ends."""
        if self._block is not None and kind != Kind.CONTINUATION:
            raise Broken("headers are interrupted")
        match kind:
            case Kind.DATA:
                return self._data(self._stream(number), flags, content)
            case Kind.HEADERS:
                part = _unpadded(flags, content)
                return self._headers(self._stream(number), flags, part[5:] if flags & _PRIORITY else part)
            case Kind.CONTINUATION:
                return self._continued(number, flags, content)
        self._without_answer(kind, flags, number, content)
        return None

    def _without_answer(self, kind: int, flags: int, number: int, content: bytes) -> None:
        match kind:
            case Kind.RESET:
                self._reset(number, int.from_bytes(content))
            case Kind.SETTINGS:
                self._settings(flags, content)
            case Kind.PING if not flags & _ACK:
                self._send(Kind.PING, _ACK, 0, content)
            case Kind.GO_AWAY:
                raise Broken("it closed the connection")
            case Kind.UPDATE:
                self._update(number, int.from_bytes(content))
            case Kind.PUSH:
                raise Broken("it pushes")

    def _stream(self, number: int) -> Stream:
        if number not in self.streams:
            raise Broken("it answers what nobody has asked")
        return self.streams[number]

    def _data(self, stream: Stream, flags: int, content: bytes) -> Stream | None:
        stream.answer += _unpadded(flags, content)
        if len(stream.answer) > self._largest_answer:
            raise Broken("its answer is too large")
        stream.unacknowledged += len(content)
        self._unacknowledged += len(content)
        if max(stream.unacknowledged, self._unacknowledged) > WINDOW:
            raise Broken("it sends more than it may")
        if self._unacknowledged > WINDOW // 2:
            self._send(Kind.UPDATE, 0, 0, self._unacknowledged.to_bytes(4))
            self._unacknowledged = 0
        if flags & _END_STREAM:
            return stream
        if stream.unacknowledged > WINDOW // 2:
            self._send(Kind.UPDATE, 0, stream.number, stream.unacknowledged.to_bytes(4))
            stream.unacknowledged = 0
        return None

    def _headers(self, stream: Stream, flags: int, part: bytes) -> Stream | None:
        self._block = (stream, bytearray(part), bool(flags & _END_STREAM))
        return self._headers_over(flags)

    def _continued(self, number: int, flags: int, part: bytes) -> Stream | None:
        if self._block is None or self._block[0].number != number:
            raise Broken("headers continue that did not begin")
        self._block[1].extend(part)
        return self._headers_over(flags)

    def _headers_over(self, flags: int) -> Stream | None:
        assert self._block is not None
        stream, block, ends = self._block
        if len(block) > LARGEST_HEADERS:
            raise Broken("its headers are too large")
        if not flags & _END_HEADERS:
            return None
        self._block = None
        try:
            stream.headers.update(self._decoder.decode(bytes(block), raw=True))
        except HPACKError as error:
            raise Broken(f"its headers cannot be read: {error}") from error
        return stream if ends else None

    def _reset(self, number: int, code: int) -> None:
        """After an answer it is no more than the end of a request that nobody needs."""
        if number in self.streams or code != _NO_ERROR:
            raise Broken(f"it broke off a call: {code}")

    def _settings(self, flags: int, content: bytes) -> None:
        if flags & _ACK:
            return
        if len(content) % _SETTING.size:
            raise Broken("its settings are cut off")
        for name, value in _SETTING.iter_unpack(content):
            if name == _INITIAL_WINDOW:
                more, self._first_window = value - self._first_window, value
                for stream in self.streams.values():
                    stream.window += more
            elif name == _MAX_FRAME:
                self._largest = max(value, _LARGEST_FRAME)
        self._send(Kind.SETTINGS, _ACK, 0)

    def _update(self, number: int, more: int) -> None:
        if number == 0:
            self._window += more
        elif number in self.streams:
            self.streams[number].window += more

    def _send(self, kind: int, flags: int, number: int, content: bytes | memoryview = b"") -> None:
        self._out += _FRAME.pack(len(content) >> 8, len(content) & 255, kind, flags, number)
        self._out += content


def _unpadded(flags: int, content: bytes) -> bytes:
    if not flags & _PADDED:
        return content
    if not content or content[0] >= len(content):
        raise Broken("a frame is all padding")
    return content[1 : len(content) - content[0]]


def _literal(name: bytes, value: bytes) -> bytes:
    """A header that enters no table. Neither is as long as 127 bytes, so each length is one byte."""
    return b"\0%c%b%c%b" % (len(name), name, len(value), value)
