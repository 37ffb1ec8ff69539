"""One real provider process, as the proxy reaches it."""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc

from runner.probe.identity import HOST, Identity
from runner.probe.peer import peer
from runner.probe.protocol import Handshake
from runner.probe.splice import splice

# A plan of a large resource exceeds gRPC's default limit of 4 MB; terraform accepts 64 MB.
ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
REACH_SECONDS = 10.0
SHUTDOWN_SECONDS = 0.5


class Backend:
    """It only serves the holder of our certificate, and we only talk to the holder of the one it announced.

    gRPC's own TLS does not support the elliptic curve of go-plugin's certificates (P-521), OpenSSL does: so
    gRPC's channel ends at a socket of ours, from which it continues encrypted.
    """

    def __init__(self, handshake: Handshake, identity: Identity, folder: Path) -> None:
        self.protocol = handshake.protocol
        self._path = Path(handshake.path)
        self._shown = handshake.presented
        self._identity = identity
        self._door = folder / secrets.token_hex(12)
        self._channel = grpc.aio.insecure_channel(f"unix:{self._door}", options=ANY_SIZE)
        self._link: asyncio.Task[None] | None = None

    async def reach(self) -> None:
        """TimeoutError or OSError if it does not answer."""
        door = socket.socket(socket.AF_UNIX)
        door.setblocking(False)
        door.bind(str(self._door))
        door.listen()
        self._link = asyncio.ensure_future(self._linked(door))
        ready = asyncio.ensure_future(self._channel.channel_ready())
        try:
            async with asyncio.timeout(REACH_SECONDS):
                await asyncio.wait((ready, self._link), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._link.done():
            self._link.result()
            raise ConnectionError("it closed the connection")
        # Other processes of our user can see the names of sockets.
        with suppress(OSError):
            self._path.unlink()

    async def call(self, method: str, request: bytes) -> bytes:
        """Byte for byte; grpc.aio.AioRpcError if it answers with a transport error."""
        answer: bytes = await self._channel.unary_unary(method)(request)
        return answer

    async def close(self, patience: float = SHUTDOWN_SECONDS) -> None:
        """Ask it to end, as terraform would: if the daemon has died, nothing else does."""
        with suppress(grpc.aio.AioRpcError):
            await self._channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=patience)
        await self._channel.close()
        if self._link is not None:
            self._link.cancel()

    async def _linked(self, door: socket.socket) -> None:
        with door:
            outer = await self._from_us(door)
        self._door.unlink()
        await splice(outer, self._dial)

    async def _from_us(self, door: socket.socket) -> socket.socket:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(door)
            if peer(connection).pid == os.getpid():
                return connection
            connection.close()

    async def _dial(self, make: Callable[[], asyncio.Protocol]) -> None:
        transport, _ = await asyncio.get_running_loop().create_unix_connection(
            make, str(self._path), ssl=self._identity.context, server_hostname=HOST
        )
        shown: Any = transport.get_extra_info("ssl_object")
        if shown.getpeercert(binary_form=True) != self._shown:
            transport.abort()
            raise ConnectionError("its certificate differs from the one it announced")
