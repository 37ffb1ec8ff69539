import asyncio
import socket

from runner.web.transport.sockets import tcp_socket


def test_what_is_answered_is_sent_at_once() -> None:
    """Without it the kernel holds the body back until the client has acknowledged the headers: 40 ms."""

    async def answered() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            found.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with tcp_socket("127.0.0.1:0") as listening:
            async with await asyncio.start_server(answer, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                sent_at_once = await found
                writer.close()
                return sent_at_once

    assert asyncio.run(answered())
