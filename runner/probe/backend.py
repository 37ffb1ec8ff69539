"""One real provider process, as the proxy reaches it."""

import base64
import ssl
from contextlib import suppress
from pathlib import Path

import grpc

from runner.probe.protocol import Handshake

# A plan of a large resource is larger than the 4 MB that gRPC takes by default; terraform takes 64 MB.
ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# Who makes a certificate for go-plugin makes it for this name.
LOCAL_NAME = [("grpc.ssl_target_name_override", "localhost")]
REACH_SECONDS = 10.0
SHUTDOWN_SECONDS = 0.5


class Backend:
    """Nothing but this one connection reaches it: once it stands, the socket's name is taken away."""

    def __init__(self, handshake: Handshake) -> None:
        self.protocol = handshake.protocol
        self._path = Path(handshake.path)
        target = f"unix:{handshake.path}"
        if handshake.certificate:
            credentials = grpc.ssl_channel_credentials(root_certificates=_pem(handshake.certificate))
            self._channel = grpc.aio.secure_channel(target, credentials, options=[*ANY_SIZE, *LOCAL_NAME])
        else:
            self._channel = grpc.aio.insecure_channel(target, options=ANY_SIZE)

    async def reach(self) -> None:
        """TimeoutError where it does not answer."""
        import asyncio

        await asyncio.wait_for(self._channel.channel_ready(), REACH_SECONDS)
        # Other processes of our user see the names of sockets, and this one may soon act with credentials.
        with suppress(OSError):
            self._path.unlink()

    async def call(self, method: str, request: bytes) -> bytes:
        """Byte for byte; grpc.aio.AioRpcError where it answers with an error of the transport."""
        answer: bytes = await self._channel.unary_unary(method)(request)
        return answer

    async def close(self) -> None:
        """Ask it to end, as terraform would: where the daemon has died, nobody else does."""
        with suppress(grpc.aio.AioRpcError):
            await self._channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=SHUTDOWN_SECONDS)
        await self._channel.close()


def _pem(certificate: str) -> bytes:
    padded = certificate + "=" * (-len(certificate) % 4)
    return ssl.DER_cert_to_PEM_cert(base64.b64decode(padded)).encode()
