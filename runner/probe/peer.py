"""Who is at the other end of a Unix socket: the kernel tells, and nobody can say otherwise."""

import socket
import struct
from dataclasses import dataclass

_CREDENTIALS = struct.Struct("iii")  # of SO_PEERCRED: pid, uid, gid


@dataclass(frozen=True)
class Peer:
    pid: int
    uid: int


def peer(connection: socket.socket) -> Peer:
    """The process that has connected, or that listens."""
    pid, uid, _ = _CREDENTIALS.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return Peer(pid, uid)
