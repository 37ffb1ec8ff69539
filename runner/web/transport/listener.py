"""The socket that other hosts connect to: how many connections it takes, before TLS or a request begins on them."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any
from weakref import WeakKeyDictionary

from runner.model.values.client_network import client_network
from runner.web.transport.connection import MOST

MOST_OF_ONE = 256  # of one client; those of a proxy are of many
MOST_OPEN = 2 * MOST  # beyond MOST, requests are told that it is too much


class Listener(socket.socket):
    """Whatever is one too many is closed at once: each that waits for the handshake of TLS takes 300 KB."""

    def __init__(self, family: int, proxies: Sequence[str] = ()) -> None:
        # asyncio sends at once only where it is told that this is TCP: else each answer may wait 40 ms for an ACK.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._proxies = proxies
        self._open: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        taken, address = super().accept()
        host = str(address[0])
        if self._exceeds(host):
            taken.close()
            raise ConnectionAbortedError  # asyncio takes it for one that has gone already
        self._open[taken] = client_network(host)
        return taken, address

    def _exceeds(self, host: str) -> bool:
        living = [of for one, of in self._open.items() if one.fileno() >= 0]
        return len(living) >= MOST_OPEN or (
            living.count(client_network(host)) >= MOST_OF_ONE and not _is_among(host, self._proxies)
        )


def _is_among(host: str, proxies: Sequence[str]) -> bool:
    """Those of `web.proxies`, which the configuration has checked."""
    return any(ip_address(host) in ip_network(one) for one in proxies)
