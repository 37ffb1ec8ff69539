"""Who is at the other end of the unix socket, as the kernel says."""

import asyncio
import os
import pwd
import socket
import struct
from pathlib import Path
from typing import Any

from fastapi import Request

from runner.model.access.session import Identity
from runner.web.transport.connection import Connection

PEER = "driftline.peer_uid"
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid
_ROOT = 0
# A proxy speaks for others: their requests are not its own.
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class PeerProtocol(Connection):
    """Notes the user of each connection in the state of its requests, where no header can forge it."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        uid = _uid(transport.get_extra_info("socket"))
        if uid is not None:
            self.app_state = {**self.app_state, PEER: uid}


def _uid(connection: socket.socket | None) -> int | None:
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(told)[1])


def is_local(request: Request) -> bool:
    """Whether it came over the unix socket, and not through a proxy."""
    return peer_uid(request) is not None


def peer_uid(request: Request) -> int | None:
    uid = request.scope.get("state", {}).get(PEER)
    if uid is None or any(name in request.headers for name in FORWARDED):
        return None
    return int(uid)


def peer_identity(uid: int, data_dir: Path) -> Identity:
    """The owner of the data directory and root may do everything, as at the command line."""
    name = _name(uid)
    owns = uid in {_ROOT, os.stat(data_dir).st_uid}  # noqa: PTH116 - as the kernel says it
    return Identity(name, "peer", (f"unix:{name}",), host=owns)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
