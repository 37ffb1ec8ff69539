"""The process at the other end of a Unix socket, as the kernel reports it; it cannot be forged."""

import socket
import struct

from runner.model.values.frozen import dataclass

_CREDENTIALS = struct.Struct("iii")  # of SO_PEERCRED: pid, uid, gid


@dataclass(frozen=True)
class Peer:
    pid: int
    uid: int


def peer(connection: socket.socket) -> Peer:
    """The process that connected, or that listens."""
    pid, uid, _ = _CREDENTIALS.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return Peer(pid, uid)
