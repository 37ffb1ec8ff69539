"""As much of HTTP/2 as a server of gRPC needs (RFC 9113): frames in, frames out, and no socket.

Nothing is limited that the other side sends: it is terraform, or a proxy of ours.
"""

from __future__ import annotations

from provider.header_blocks import Blocks, literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
ACK = END_STREAM = 1
END_HEADERS, PADDED, PRIORITY = 4, 8, 32
INITIAL_WINDOW = 4
HEAD = 9
LARGEST_FRAME = 16384
FIRST_WINDOW = 65535
ROOM = 1 << 30  # for all that is ever asked in a test
UNIMPLEMENTED = 12
ANSWERED = literal(b":status", b"200") + literal(b"content-type", b"application/grpc")


class Stream:
    """One call: what came of it, and what of its answer has not been sent."""

    def __init__(self, method: bytes, window: int) -> None:
        self.method = method
        self.request = bytearray()
        self.window = window
        self.rest = b""
        self.end: bytes | None = None  # the headers after the answer


class Frames:
    """One connection, over which these methods can be called. `out` is what is to be sent next."""

    def __init__(self, methods: Container[bytes]) -> None:
        self._methods = methods
        self._came = bytearray()
        self._greeted = False
        self._blocks = Blocks()
        self._block = bytearray()
        self._window = self._first_window = FIRST_WINDOW
        self.streams: dict[int, Stream] = {}
        self.out = bytearray()
        self._frame(SETTINGS, 0, 0, INITIAL_WINDOW.to_bytes(2, "big") + ROOM.to_bytes(4, "big"))
        self._frame(UPDATE, 0, 0, ROOM.to_bytes(4, "big"))

    def receive(self, data: bytes) -> Iterator[tuple[int, Stream]]:
        """The calls that are asked completely with this."""
        self._came += data
        if not self._greeted and len(self._came) >= len(PREFACE):
            del self._came[: len(PREFACE)]
            self._greeted = True
        while self._greeted and len(self._came) >= HEAD:
            end = HEAD + int.from_bytes(self._came[:3], "big")
            if len(self._came) < end:
                return
            kind, flags, number = self._came[3], self._came[4], int.from_bytes(self._came[5:HEAD], "big")
            content = bytes(self._came[HEAD:end])
            del self._came[:end]
            if kind in {HEADERS, DATA, CONTINUATION}:
                yield from self._asked(kind, flags, number, content)
            else:
                self._told(kind, flags, number, content)

    def answer(self, number: int, message: bytes | None, status: int, said: str) -> None:
        """`message` is None where there is nothing but the status."""
        stream = self.streams.get(number)
        if stream is None:
            return  # the other side gave it up
        end = literal(b"grpc-status", b"%d" % status)
        if said:
            end += literal(b"grpc-message", _escaped(said))
        if message is None:
            self._end(number, ANSWERED + end)
            return
        self._frame(HEADERS, END_HEADERS, number, ANSWERED)
        stream.rest, stream.end = b"\0" + len(message).to_bytes(4, "big") + message, end
        self._send(number, stream)

    def _asked(self, kind: int, flags: int, number: int, content: bytes) -> Iterator[tuple[int, Stream]]:
        if kind == DATA:
            stream = self.streams.get(number)
            if stream is None:
                return
            stream.request += _unpadded(flags, content)
            ended = flags & END_STREAM
        else:
            if kind == HEADERS:
                content = _unpadded(flags, content)
                self._block[:] = content[5:] if flags & PRIORITY else content
            else:
                self._block += content
            if not flags & END_HEADERS:
                return
            stream = Stream(self._blocks.read(bytes(self._block))[b":path"], self._first_window)
            self.streams[number] = stream
            if stream.method not in self._methods:
                self.answer(number, None, UNIMPLEMENTED, "Method not found!")
                return
            ended = flags & END_STREAM
        if ended:
            yield number, stream

    def _told(self, kind: int, flags: int, number: int, content: bytes) -> None:
        if kind == PING and not flags & ACK:
            self._frame(PING, ACK, 0, content)
        elif kind == RESET:
            self.streams.pop(number, None)
        elif kind == SETTINGS and not flags & ACK:
            self._settings(content)
        elif kind == UPDATE:
            grown = int.from_bytes(content, "big")
            if number == 0:
                self._window += grown
            elif number in self.streams:
                self.streams[number].window += grown
            self._send_all()

    def _settings(self, content: bytes) -> None:
        for at in range(0, len(content), 6):
            if int.from_bytes(content[at : at + 2], "big") == INITIAL_WINDOW:
                window = int.from_bytes(content[at + 2 : at + 6], "big")
                for stream in self.streams.values():
                    stream.window += window - self._first_window
                self._first_window = window
        self._frame(SETTINGS, ACK, 0, b"")
        self._send_all()

    def _send_all(self) -> None:
        for number, stream in list(self.streams.items()):
            self._send(number, stream)

    def _send(self, number: int, stream: Stream) -> None:
        """As much as the other side has room for."""
        if stream.end is None:
            return
        while stream.rest and (room := min(self._window, stream.window, LARGEST_FRAME)) > 0:
            part, stream.rest = stream.rest[:room], stream.rest[room:]
            self._window -= len(part)
            stream.window -= len(part)
            self._frame(DATA, 0, number, part)
        if not stream.rest:
            self._end(number, stream.end)

    def _end(self, number: int, headers: bytes) -> None:
        self._frame(HEADERS, END_HEADERS | END_STREAM, number, headers)
        del self.streams[number]

    def _frame(self, kind: int, flags: int, number: int, content: bytes) -> None:
        self.out += (
            len(content).to_bytes(3, "big") + bytes((kind, flags)) + number.to_bytes(4, "big") + content
        )


def _unpadded(flags: int, content: bytes) -> bytes:
    return content[1 : len(content) - content[0]] if flags & PADDED else content


def _escaped(said: str) -> bytes:
    return b"".join(
        bytes((byte,)) if 0x20 <= byte <= 0x7E and byte != ord("%") else b"%%%02X" % byte
        for byte in said.encode()
    )
