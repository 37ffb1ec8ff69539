"""Two connections made one."""

import asyncio
import socket

import pytest

from runner.probe.splice import Dial, splice


def to(inner: socket.socket) -> Dial:
    return lambda make: asyncio.get_running_loop().connect_accepted_socket(make, inner)


LARGE = bytes(range(256)) * (1 << 14)  # 4 MB, more than sockets hold


def test_each_side_receives_all_data_whoever_begins() -> None:
    async def scene() -> tuple[bytes, bytes]:
        (asking, outer), (answering, inner) = socket.socketpair(), socket.socketpair()
        answering.sendall(b"hello")  # before anybody listens
        spliced = asyncio.ensure_future(splice(outer, to(inner)))
        reader, writer = await asyncio.open_connection(sock=asking)
        other_reader, other_writer = await asyncio.open_connection(sock=answering)
        greeting = await reader.readexactly(5)
        writer.write(LARGE)
        heard = await other_reader.readexactly(len(LARGE))
        writer.close()
        await spliced
        other_writer.close()
        return greeting, heard

    assert asyncio.run(scene()) == (b"hello", LARGE)


def test_what_was_said_before_one_side_closed_is_still_heard() -> None:
    async def scene() -> bytes:
        (asking, outer), (answering, inner) = socket.socketpair(), socket.socketpair()
        spliced = asyncio.ensure_future(splice(outer, to(inner)))
        _, writer = await asyncio.open_connection(sock=asking)
        reader, other_writer = await asyncio.open_connection(sock=answering)
        writer.write(LARGE)
        writer.close()
        heard = await reader.read(-1)
        await spliced
        other_writer.close()
        return heard

    assert asyncio.run(scene()) == LARGE


@pytest.mark.parametrize("steps", range(8))
def test_one_that_is_given_up_at_any_moment_leaves_nothing_open(steps: int) -> None:
    async def scene() -> bytes:
        (asking, outer), (answering, inner) = socket.socketpair(), socket.socketpair()
        spliced = asyncio.ensure_future(splice(outer, to(inner)))
        reader, writer = await asyncio.open_connection(sock=asking)
        for _ in range(steps):
            await asyncio.sleep(0)
        spliced.cancel()
        heard = await reader.read(-1)
        writer.close()
        answering.close()
        return heard

    assert asyncio.run(scene()) == b""
