"""Frames of HTTP/2 as a client of gRPC reads and sends them, beside a library that knows all of HTTP/2."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from runner.probe.replay.http2 import LARGEST_HEADERS, WINDOW, Broken, Http2, Stream

ROWS = (
    (b":method", b"POST"),
    (b":path", b"/x"),
    (b":scheme", b"https"),
    (b":authority", b"localhost"),
    (b"te", b"trailers"),
)
LARGEST = 64 << 20
END_STREAM, END_HEADERS, PADDED = 1, 4, 8
DATA, HEADERS, RESET, SETTINGS, PUSH, PING, UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 8, 9


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + content


def block(*rows: tuple[bytes, bytes]) -> bytes:
    return Encoder().encode(rows or [(b"grpc-status", b"0")])


@pytest.fixture
def client() -> Http2:
    """That has asked once, and sent it."""
    made = Http2(LARGEST)
    made.request(ROWS, b"a request")
    made.pending()
    return made


def received(client: Http2, *frames: bytes) -> list[Stream]:
    return list(client.receive(b"".join(frames)))


def server() -> H2Connection:
    made = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    made.initiate_connection()
    return made


def seen(library: H2Connection, client: Http2) -> Iterator[Event]:
    """By the library, until neither has anything to say to the other."""
    while sent := client.pending():
        for event in library.receive_data(sent):
            if isinstance(event, DataReceived):
                library.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            yield event
        assert received(client, library.data_to_send()) == []


def test_a_library_reads_the_request_that_is_sent() -> None:
    client, library = Http2(LARGEST), server()
    content = bytes(range(256)) * 1000  # more than the window that it has first
    client.request(ROWS, content)
    events = list(seen(library, client))
    [headers] = [one.headers for one in events if isinstance(one, RequestReceived)]
    assert headers == list(ROWS)
    assert b"".join(one.data for one in events if isinstance(one, DataReceived)) == content
    assert [one.stream_id for one in events if isinstance(one, StreamEnded)] == [1]


def test_the_answer_of_a_library_is_read_wherever_it_is_cut() -> None:
    client, library = Http2(LARGEST), server()
    client.request(ROWS, b"a request")
    list(seen(library, client))
    library.send_headers(1, [(b":status", b"200")])
    library.send_data(1, b"an ", pad_length=9)
    library.send_data(1, b"answer")
    library.send_headers(1, [(b"grpc-status", b"0")], end_stream=True)
    sent = library.data_to_send()
    [ended] = [one for at in range(len(sent)) for one in client.receive(sent[at : at + 1])]
    assert (ended.number, bytes(ended.answer)) == (1, b"an answer")
    assert ended.headers == {b":status": b"200", b"grpc-status": b"0"}
    assert client.streams == {}


def test_an_answer_larger_than_the_window_is_acknowledged_in_time(client: Http2) -> None:
    part = frame(DATA, 0, 1, bytes(16384))
    for _ in range(2 * WINDOW // 16384):
        assert received(client, part) == []
    sent = client.pending()
    granted = [sent.count(frame(UPDATE, 0, number, bytes(4))[:9]) for number in (0, 1)]
    assert granted == [3, 3]


def test_headers_may_come_in_several_frames(client: Http2) -> None:
    rows = block((b"grpc-status", b"0"), (b"grpc-message", b"fine"))
    parts = frame(HEADERS, END_STREAM, 1, rows[:3]), frame(CONTINUATION, END_HEADERS, 1, rows[3:])
    [ended] = received(client, *parts)
    assert ended.headers == {b"grpc-status": b"0", b"grpc-message": b"fine"}


def test_a_ping_and_settings_are_acknowledged(client: Http2) -> None:
    received(client, frame(PING, 0, 0, b"12345678"), frame(SETTINGS, 0, 0))
    assert client.pending() == frame(PING, 1, 0, b"12345678") + frame(SETTINGS, 1, 0)


def test_a_window_that_shrinks_holds_the_rest_of_a_request_back(client: Http2) -> None:
    received(client, frame(SETTINGS, 0, 0, b"\0\x04" + (4).to_bytes(4)))
    client.pending()
    client.request(ROWS, b"123456")
    assert client.pending().endswith(frame(DATA, 0, 3, b"1234"))
    received(client, frame(UPDATE, 0, 3, (9).to_bytes(4)))
    assert client.pending() == frame(DATA, END_STREAM, 3, b"56")


def test_a_window_that_grows_lets_the_rest_of_a_request_go(client: Http2) -> None:
    received(client, frame(SETTINGS, 0, 0, b"\0\x04" + (4).to_bytes(4)))
    client.request(ROWS, b"123456")
    client.pending()
    received(client, frame(SETTINGS, 0, 0, b"\0\x04" + (6).to_bytes(4)))
    assert client.pending().endswith(frame(DATA, END_STREAM, 3, b"56"))


def too_much(kind: int, flags: int, count: int) -> bytes:
    return frame(kind, flags, 1, bytes(16384)) * count


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(frame(DATA, 0, 3, b"x"), "nobody has asked", id="another-stream"),
        pytest.param(frame(HEADERS, END_HEADERS, 0, block()), "nobody has asked", id="no-stream"),
        pytest.param(frame(DATA, PADDED, 1, b"\x05x"), "all padding", id="padding"),
        pytest.param(frame(DATA, PADDED, 1), "all padding", id="no-padding"),
        pytest.param(frame(DATA, 0, 1, bytes(16385)), "too large", id="large-frame"),
        pytest.param(frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff"), "cannot be read", id="table"),
        pytest.param(frame(HEADERS, 0, 1) + frame(DATA, 0, 1), "interrupted", id="interrupted"),
        pytest.param(frame(CONTINUATION, END_HEADERS, 1), "did not begin", id="continued"),
        pytest.param(
            frame(HEADERS, 0, 1) + too_much(CONTINUATION, 0, LARGEST_HEADERS // 16384 + 1),
            "headers are too large",
            id="flood",
        ),
        pytest.param(frame(PUSH, END_HEADERS, 1, block()), "pushes", id="push"),
        pytest.param(frame(RESET, 0, 1, bytes(4)), "broke off", id="reset"),
        pytest.param(frame(SETTINGS, 0, 0, b"123"), "cut off", id="settings"),
    ],
)
def test_what_the_protocol_does_not_allow_breaks_the_connection(
    client: Http2, sent: bytes, reason: str
) -> None:
    with pytest.raises(Broken, match=reason):
        received(client, sent)


def test_an_answer_larger_than_wanted_breaks_the_connection() -> None:
    client = Http2(8)
    client.request(ROWS, b"")
    with pytest.raises(Broken, match="too large"):
        received(client, frame(DATA, 0, 1, bytes(9)))


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 63), st.sampled_from([0, 1, 3]), st.binary(max_size=40))
    )
)
def test_whatever_comes_it_is_an_answer_or_breaks_the_connection(
    frames: list[tuple[int, int, int, bytes]],
) -> None:
    client = Http2(LARGEST)
    client.request(ROWS, b"a request")
    with suppress(Broken):
        for one in frames:
            for ended in client.receive(frame(*one)):
                assert ended.number not in client.streams
            client.pending()
