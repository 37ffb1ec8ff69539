"""One provider of one check, as terraform reaches it: constant answers come from the cache, all others from a
real process.

Terraform opens a connection for each provider configuration, and one more to validate. One real process
serves them all until the first of them configures it; from then on it belongs to that connection, and every
other one that needs a real process gets its own. So two configurations of one provider never share a process.
"""

import asyncio
import os
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from runner.probe.admitted import Admitted
from runner.probe.backend import ANY_SIZE, Backend
from runner.probe.cache import Cache, Question
from runner.probe.peer import peer
from runner.probe.protocol import CALLS, Call, cut, good_schema, good_validation, type_in, unchanged
from runner.probe.recording import Recorder
from runner.probe.splice import splice
from runner.probe.wire import NotAMessage

Start = Callable[[], Awaitable[Backend]]


@dataclass
class Seen:
    """The calls to one provider, for the check's caller. `trouble`: why the result is not reliable."""

    calls: Counter[str] = field(default_factory=Counter)
    types: set[str] = field(default_factory=set)
    processes: int = 0
    trouble: list[str] = field(default_factory=list)


class Proxy:
    """`start` starts a real process on each call; only processes of `admitted` sessions may connect."""

    def __init__(
        self,
        provider: str,
        types: frozenset[str] | None,
        surroundings: str,
        cache: Cache,
        folder: Path,
        start: Start,
        admitted: Admitted,
        recorder: Recorder | None = None,
    ) -> None:
        self._provider = provider
        self._types = types
        self._surroundings = surroundings
        self._cache = cache
        self._folder = folder
        self._start = start
        self._admitted = admitted
        self._backends: list[Backend] = []
        self._shared: asyncio.Task[Backend] | None = None
        self._owner: object | None = None  # the connection that configured the shared process
        self.recorder = recorder
        self.seen = Seen()

    def warm_up(self) -> None:
        """Start the first process in parallel with terraform's own start."""
        self._shared = asyncio.ensure_future(self._started())

    async def attend(self, connection: socket.socket) -> None:
        """Serve one terraform connection to its end."""
        with connection:
            if await self._welcome(connection):
                await self._serve(connection)

    async def _serve(self, connection: socket.socket) -> None:
        """A gRPC server does not distinguish connections, so each gets its own server.

        It has a name in the file system, and only accepts a peer with another name, which only we can have.
        """
        path, name = self._folder / secrets.token_hex(12), secrets.token_hex(12)
        server = grpc.aio.server(options=ANY_SIZE)
        server.add_generic_rpc_handlers((_Handler(_Connection(self), f"unix-abstract:{name}"),))
        server.add_insecure_port(f"unix:{path}")
        await server.start()
        loop = asyncio.get_running_loop()
        try:
            with socket.socket(socket.AF_UNIX) as inner:
                inner.setblocking(False)
                inner.bind(f"\0{name}")
                await loop.sock_connect(inner, str(path))
                path.unlink()
                await splice(connection, lambda make: loop.create_unix_connection(make, sock=inner))
        finally:
            await server.stop(None)

    async def close(self) -> None:
        if self._shared is not None and not self._shared.done():
            self._shared.cancel()
        await asyncio.gather(*(backend.close() for backend in self._backends))

    async def _welcome(self, connection: socket.socket) -> bool:
        """Only processes of the sessions of this check's terraform: other checks may run."""
        other = peer(connection)
        with suppress(ProcessLookupError):
            return other.uid == os.getuid() and await self._admitted.has(os.getsid(other.pid))
        return False

    # Calls of a connection

    async def schema(self, method: str, request: bytes, backend: Callable[[], Awaitable[Backend]]) -> bytes:
        protocol = 5 if method.startswith("/tfplugin5.") else 6
        known = self._cache.schema_of(self._provider, protocol, self._types)
        if known is not None:
            return known
        self.seen.calls["asked"] += 1
        whole = await (await backend()).call(method, request)
        if not good_schema(whole):
            return whole
        self._cache.keep_schema(self._provider, protocol, whole)
        return cut(whole, self._types)

    async def validation(
        self, method: str, request: bytes, backend: Callable[[], Awaitable[Backend]]
    ) -> bytes:
        question = Question(self._provider, self._surroundings, request)
        if self._cache.is_valid(question):
            return unchanged(method, request)
        self.seen.calls["asked"] += 1
        answer = await (await backend()).call(method, request)
        if good_validation(answer):
            self._cache.keep_valid(question)
        return answer

    async def shared(self) -> Backend:
        if self._shared is None:
            self.warm_up()
        assert self._shared is not None
        return await asyncio.shield(self._shared)

    async def claimed(self, owner: object) -> Backend:
        """A process for one connection: the shared one if it is still free."""
        if self._owner is None:
            self._owner = owner
            return await self.shared()
        return await self._started()

    @property
    def is_claimed(self) -> bool:
        return self._owner is not None

    async def stop(self, method: str, request: bytes) -> bytes:
        answer = b""
        for backend in self._backends:
            answer = await backend.call(method, request)
        return answer

    async def _started(self) -> Backend:
        backend = await self._start()
        self._backends.append(backend)
        self.seen.processes += 1
        return backend


class _Connection:
    """One terraform connection: a provider configuration, or none."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._own: asyncio.Task[Backend] | None = None
        self._conversing = None if proxy.recorder is None else proxy.recorder.conversation()

    async def answer(self, method: str, request: bytes) -> bytes:
        answer = await self._answer(method, request)
        if self.proxy.recorder is not None and self._conversing is not None:
            self.proxy.recorder.note(self._conversing, method, request, answer)
        return answer

    async def _answer(self, method: str, request: bytes) -> bytes:
        proxy, call = self.proxy, CALLS[method]
        proxy.seen.calls[call] += 1
        if (name := type_in(method, request)) is not None:
            proxy.seen.types.add(name)
        match call:
            case Call.SCHEMA:
                return await proxy.schema(method, request, self._backend)
            case Call.VALIDATION:
                return await proxy.validation(method, request, self._backend)
            case Call.STOP:
                return await proxy.stop(method, request)
            case Call.CONFIGURE:
                return await (await self._claimed()).call(method, request)
            case _:
                return await (await self._backend()).call(method, request)

    async def _backend(self) -> Backend:
        """Calls before the configuration go to the shared process, unless another connection owns it by now."""
        if self._own is None and not self.proxy.is_claimed:
            return await self.proxy.shared()
        return await self._claimed()

    async def _claimed(self) -> Backend:
        # Calls of one connection are concurrent, and must all reach the same process.
        if self._own is None:
            self._own = asyncio.ensure_future(self.proxy.claimed(self))
        return await asyncio.shield(self._own)


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Requests and answers as bytes. Services other than the provider's (stdio, broker) are not offered."""

    def __init__(self, connection: _Connection, client: str) -> None:
        self._connection = connection
        self._client = client

    def service(self, details: Any) -> Any:
        method = str(details.method)
        if method in CALLS:
            return grpc.unary_unary_rpc_method_handler(self._answering(method))
        if method.startswith("/tfplugin"):
            self._connection.proxy.seen.trouble.append(
                f"terraform calls {method}, which probes do not support"
            )
        return None

    def _answering(self, method: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def answer(request: bytes, context: Any) -> bytes:
            if context.peer() != self._client:
                self._trouble("another process connected to it")
                await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this is not your provider")
            try:
                return await self._connection.answer(method, request)
            except grpc.aio.AioRpcError as error:
                # Terraform calls features that older providers lack, and continues without them.
                if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                    self._trouble(f"{method}: {error.code().name} {error.details()}")
                await context.abort(error.code(), error.details() or "")
            except (NotAMessage, OSError, TimeoutError) as error:
                self._trouble(f"{method}: {error or type(error).__name__}")
                await context.abort(grpc.StatusCode.INTERNAL, "the probe failed")
            raise AssertionError

        return answer

    def _trouble(self, trouble: str) -> None:
        self._connection.proxy.seen.trouble.append(trouble)
