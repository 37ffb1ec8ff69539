"""The sockets that the web server listens on."""

import errno
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.errors import AddressInUse, BadConfig, DriftlineError
from runner.host.listening import listener
from runner.web.transport.listener import Listener

SOCKET = "web.sock"
SOCKET_MODE = 0o660


@contextmanager
def unix_socket(path: Path) -> Iterator[socket.socket]:
    """In place of the one that the last web server left behind, which was confined by then and could not remove it."""
    with suppress(FileNotFoundError):
        path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        before = os.umask(0o777 & ~SOCKET_MODE)
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            # By the descriptor of its directory: unix(7) takes 107 bytes of a path.
            made.bind(f"/proc/self/fd/{folder}/{path.name}")
            made.listen()
        finally:
            os.close(folder)
            os.umask(before)
        yield made


@contextmanager
def tcp_socket(listen: str, proxies: Sequence[str] = ()) -> Iterator[socket.socket]:
    """`127.0.0.1:8470` or `[::1]:8470`; AddressInUse with the process that has it."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with Listener(family, proxies) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host.strip("[]"), int(port)))
            made.listen()
        except (OSError, ValueError, OverflowError) as error:
            raise _refused(listen, error) from error
        yield made


def _refused(listen: str, error: Exception) -> DriftlineError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        found = listener(int(listen.rpartition(":")[2])) or "a process of another user"
        return AddressInUse(address=listen, process=found)
    why = error.strerror if isinstance(error, OSError) else None
    problem = why or "expected an address and a port, such as 127.0.0.1:8470"
    return BadConfig(f"web.listen: cannot listen on {listen!r}: {problem}", hint="driftline config show")


def address_of(one: socket.socket) -> str:
    """Where it listens, with the port that it got."""
    name = one.getsockname()
    if isinstance(name, str):
        return Path(name).name
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
