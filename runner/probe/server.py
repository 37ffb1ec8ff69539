"""The proxy as a separate process for all checks of an installation; the daemon hands over each one by descriptors.

    python -I server.py DESCRIPTOR

DESCRIPTOR is a socket on which orders come, each one packet of JSON with descriptors: first the socket for
messages about that check, then one listening socket for each of its providers. Nobody else can send orders: neither socket
has a name in the file system. The process ends with the daemon, and when it has had no orders for a while.

Messages are lines of JSON. From here: `{"want": N, "certificate": PEM}`, start a process of provider N that serves the
holder of that certificate; at the end `{"seen": [...], "recorded": ...}`. To here:
`{"ready": N, ...}` or `{"failed": N, "reason": ...}` for each request in order, `{"session": N}` for each terraform,
which come one after the other.
The end of this stream is the end of the check.
"""

import asyncio
import json
import os
import socket
import sys
import traceback
from base64 import b64encode
from collections import defaultdict, deque
from contextlib import suppress
from functools import cache
from pathlib import Path
from shutil import rmtree
from typing import Any

if __name__ == "__main__":
    # Isolated mode knows no installed checkout.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from runner.probe.admitted import Admitted
from runner.probe.backend import Backend
from runner.probe.cache import Cache
from runner.probe.identity import Identity, new_identity
from runner.probe.orphans import end_orphans
from runner.probe.protocol import Handshake, asked
from runner.probe.proxy import Proxy
from runner.probe.recording import Recorder, packed
from runner.sandbox.hardening import close_to_others

PACKET = 1 << 20  # more than a socket holds
MAX_DESCRIPTORS = 64
IDLE_SECONDS = 600.0
END_SECONDS = (
    40.0  # for checks whose daemon is gone: their providers have to be asked to end, some are still starting
)


class Check:
    """One check: its providers, and the connection to its caller."""

    def __init__(self, order: dict[str, Any], talk: socket.socket, listeners: list[socket.socket]) -> None:
        known, folder = Cache(Path(order["cache"])), Path(order["folder"])
        self._identity = _identity(known.folder)
        self._folder, self._own = folder, Path(order["own"])
        self._meeting = order["meeting"]
        self._talk = talk
        self._listeners = listeners
        self._wishes: defaultdict[int, deque[asyncio.Future[Backend]]] = defaultdict(deque)
        self._admitted = Admitted()
        self._early = [bool(one["early"]) for one in order["providers"]]
        key = order["record"]
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer: asyncio.StreamWriter
        self._proxies = [
            Proxy(
                one["provider"],
                None if one["types"] is None else frozenset(one["types"]),
                order["surroundings"],
                known,
                folder,
                self._starter(number),
                self._admitted,
                None if key is None else Recorder(bytes.fromhex(key)),
            )
            for number, one in enumerate(order["providers"])
        ]

    async def run(self) -> None:
        """To its end, with or without the daemon."""
        reader, self._writer = await asyncio.open_connection(sock=self._talk)
        accepting = [
            asyncio.ensure_future(self._accept(proxy, listener))
            for proxy, listener in zip(self._proxies, self._listeners, strict=True)
        ]
        try:
            for proxy, early in zip(self._proxies, self._early, strict=True):
                if early:
                    proxy.warm_up()
            while line := await reader.readline():
                self._heard(json.loads(line))
            self._say({"seen": [_seen(proxy) for proxy in self._proxies], "recorded": self._recorded()})
        finally:
            for task in (*accepting, *self._tasks):
                task.cancel()
            for proxy in self._proxies:
                await proxy.close()
            for listener in self._listeners:
                listener.close()
            self._writer.close()
            await end_orphans(self._own, self._folder, self._identity)
            # A dead daemon leaves it; the next one cleans up the data directory.
            if self._folder != self._own:
                rmtree(self._folder, ignore_errors=True)
            if self._meeting is not None:
                rmtree(self._meeting, ignore_errors=True)

    async def _accept(self, proxy: Proxy, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        while True:
            connection, _ = await loop.sock_accept(listener)
            self._keep(asyncio.ensure_future(proxy.attend(connection)))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _starter(self, number: int) -> Any:
        async def start() -> Backend:
            wish: asyncio.Future[Backend] = asyncio.get_running_loop().create_future()
            self._wishes[number].append(wish)
            self._say({"want": number, "certificate": self._identity.certificate})
            return await wish

        return start

    def _heard(self, message: dict[str, Any]) -> None:
        match message:
            case {"session": int(session)}:
                self._admitted.add(session)
            case {"ready": int(number), "protocol": protocol, "path": path, "certificate": certificate}:
                handshake = Handshake(protocol, path, certificate)
                # Concurrently: one that does not answer blocks nothing else.
                self._keep(asyncio.ensure_future(self._fulfil(self._wishes[number].popleft(), handshake)))
            case {"failed": int(number), "reason": reason}:
                wish = self._wishes[number].popleft()
                if not wish.done():
                    wish.set_exception(OSError(reason))

    async def _fulfil(self, wish: "asyncio.Future[Backend]", handshake: Handshake) -> None:
        backend = Backend(handshake, self._identity, self._folder)
        try:
            await backend.reach()
        except (TimeoutError, OSError) as error:
            await backend.close()
            if not wish.done():
                wish.set_exception(OSError(f"it does not answer: {error or 'timeout'}"))
            return
        if wish.done():
            await backend.close()
        else:
            wish.set_result(backend)

    def _recorded(self) -> str | None:
        recorders = [proxy.recorder for proxy in self._proxies if proxy.recorder is not None]
        if not recorders:
            return None
        return b64encode(packed(one.recorded() for one in recorders)).decode()

    def _say(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")


@cache
def _identity(folder: Path) -> Identity:
    """One for all checks: a provider started for one check is not used by others, which do not know its address."""
    return new_identity(folder)


def _seen(proxy: Proxy) -> dict[str, Any]:
    seen = proxy.seen
    return {
        "calls": dict(seen.calls),
        "types": asked(seen.types),
        "processes": seen.processes,
        "trouble": seen.trouble,
    }


async def serve(orders: socket.socket) -> None:
    """Until the daemon is gone, or has ordered nothing for a while."""
    loop = asyncio.get_running_loop()
    orders.setblocking(False)
    checks: set[asyncio.Task[None]] = set()
    arrived = asyncio.Event()
    loop.add_reader(orders, arrived.set)
    while True:
        arrived.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(arrived.wait(), IDLE_SECONDS)
        if not arrived.is_set():
            if checks:
                continue
            return
        try:
            packet, descriptors, _, _ = socket.recv_fds(orders, PACKET, MAX_DESCRIPTORS)
        except BlockingIOError:
            continue  # it was announced twice
        if not packet:
            if checks:
                await asyncio.wait(checks, timeout=END_SECONDS)
            return
        talk, *listeners = (socket.socket(fileno=one) for one in descriptors)
        task = asyncio.ensure_future(_carry_out(packet, talk, listeners))
        checks.add(task)
        task.add_done_callback(_finished(checks))


async def _carry_out(packet: bytes, talk: socket.socket, listeners: list[socket.socket]) -> None:
    """An order that cannot even be started, for example without disk space, ends like a failing check."""
    try:
        check = Check(json.loads(packet), talk, listeners)
    except BaseException:
        for end in (talk, *listeners):
            end.close()
        raise
    await check.run()


def _finished(checks: "set[asyncio.Task[None]]") -> Any:
    def finished(task: "asyncio.Task[None]") -> None:
        checks.discard(task)
        # It concerns one check only, which sees its connection closed; others must not suffer.
        if not task.cancelled() and (error := task.exception()) is not None:
            traceback.print_exception(error)

    return finished


if __name__ == "__main__":
    close_to_others()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))
