"""What clients may do to a connection."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock

import pytest
from cli_world import World
from live import live

from runner.web.dashboard.assets import asset_url
from runner.web.transport import connection, listener, taking
from runner.web.transport.sockets import tcp_socket
from runner.web.transport.taking import SLOWEST_TAKING, TAKING_SECONDS, Taking

SOON = 0.2


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connection, "REQUEST_SECONDS", SOON)
    with live(World(tmp_path).app) as address:
        yield int(address.rpartition(":")[2])


def answer(port: int, *sent: bytes) -> bytes:
    """All that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        for one in sent:
            client.sendall(one)
        received = b""
        while part := client.recv(65536):
            received += part
        return received


HEAD = b"POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        HEAD,
        HEAD + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ],
    ids=["nothing", "head", "body"],
)
def test_a_request_that_does_not_come_to_its_end_is_not_waited_for(port: int, begun: bytes) -> None:
    answer(port, begun)


def test_a_large_body_may_take_as_long_as_it_keeps_coming(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SLOWEST", 1024)
    body, pause = b'"' + b"x" * 20 * 1024 + b'"', threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(
            HEAD + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        for at in range(0, len(body), 1024):
            client.sendall(body[at : at + 1024])
            pause.wait(SOON / 5)  # as slow as a line, and four times as long as a request may take otherwise
        assert client.recv(65536).startswith(b"HTTP/1.1 401")


def test_nor_is_a_second_one(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"HEAD /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(65536)
        client.sendall(b"GET")
        assert client.recv(65536) == b""


def test_headers_that_are_too_large_are_not_read(port: int) -> None:
    assert answer(port, HEAD + b"X: " + b"x" * connection.HEAD_BYTES).startswith(b"HTTP/1.1 400")


def test_a_connection_serves_several_requests(port: int) -> None:
    request = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    got = answer(port, request + b"\r\n", request + b"Connection: close\r\n\r\n")
    assert got.count(b"HTTP/1.1 200") == 2


def test_a_client_that_does_not_take_its_answers_loses_its_connection(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "TAKING_SECONDS", SOON)
    request = f"GET {asset_url('viz.js')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request * 16)  # of 1.3 MB each, more than the kernel keeps for anybody
        ended = select.poll()
        ended.register(client, 0)
        assert ended.poll(10_000) == [(client.fileno(), select.POLLERR | select.POLLHUP)]


def test_a_client_that_takes_them_slowly_is_waited_for() -> None:
    transport, loop = Mock(), Mock()
    watch = Taking(transport, loop)
    transport.get_write_buffer_size.return_value = waiting = 10**6
    watch.begin()
    for _ in range(3):
        waiting -= SLOWEST_TAKING * TAKING_SECONDS
        transport.get_write_buffer_size.return_value = waiting
        judge(loop)
    transport.abort.assert_not_called()
    transport.get_write_buffer_size.return_value = waiting - SLOWEST_TAKING * TAKING_SECONDS + 1
    judge(loop)
    transport.abort.assert_called_once()


def judge(loop: Mock) -> None:
    """Time has passed."""
    seconds, then = loop.call_later.call_args.args
    assert seconds == TAKING_SECONDS
    then()


# Headers over which a proxy and this server could disagree where a request ends: the rest would be another one.
HIDDEN = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
AMBIGUOUS = {
    "two lengths": b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 60\r\n\r\n",
    "a length with a sign": b"Content-Length: +5\r\n\r\n",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "no such encoding": b"Transfer-Encoding: xchunked\r\n\r\n",
    "an encoding after chunks": b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a control character": b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("headers", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_no_request_hides_behind_another_one(port: int, headers: bytes) -> None:
    got = answer(port, HEAD + headers + HIDDEN)
    assert got.startswith(b"HTTP/1.1 400")
    assert got.count(b"HTTP/1.1 ") == 1


def test_one_address_leaves_connections_for_others(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OF_ONE", 2)
    request = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with ExitStack() as held:
        for source in ("127.0.0.2", "127.0.0.2"):
            address = ("127.0.0.1", port)
            held.enter_context(socket.create_connection(address, timeout=10, source_address=(source, 0)))
        with socket.create_connection(address, timeout=10, source_address=("127.0.0.2", 0)) as third:
            assert third.recv(10) == b""
        assert answer(port, request).startswith(b"HTTP/1.1 200")


def test_the_addresses_of_one_network_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OF_ONE", 1)
    monkeypatch.setattr(listener, "client_network", {"127.0.0.2": "near", "127.0.0.3": "near"}.__getitem__)
    with tcp_socket("127.0.0.1:0") as listening, ExitStack() as held:
        for source in ("127.0.0.2", "127.0.0.3"):
            address = listening.getsockname()
            held.enter_context(socket.create_connection(address, timeout=10, source_address=(source, 0)))
        taken, _ = listening.accept()
        with taken, pytest.raises(ConnectionAbortedError):
            listening.accept()


def test_a_connection_counts_before_anything_is_sent_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that never begins TLS, of which the server above hears nothing."""
    monkeypatch.setattr(listener, "MOST_OF_ONE", 1)
    with tcp_socket("127.0.0.1:0") as listening, ExitStack() as held:
        for _ in range(3):
            held.enter_context(socket.create_connection(listening.getsockname(), timeout=10))
        first, _ = listening.accept()
        with pytest.raises(ConnectionAbortedError):
            listening.accept()
        first.close()
        third, _ = listening.accept()
        third.close()


def test_all_addresses_together_have_so_many(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_OPEN", 2)
    with ExitStack() as held:
        first, _, third = (
            held.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
            )
            for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4")
        )
        assert third.recv(10) == b""
        first.sendall(b"HEAD /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert first.recv(65536).startswith(b"HTTP/1.1 200")


def test_the_connections_of_a_proxy_are_of_many() -> None:
    assert listener._is_among("10.1.2.3", ["127.0.0.1", "10.0.0.0/8"])
    assert not listener._is_among("192.0.2.1", ["127.0.0.1", "10.0.0.0/8"])
    assert not listener._is_among("127.0.0.1", [])
