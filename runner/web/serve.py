"""The process that serves: uvicorn on its sockets, until it is told to stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvicorn

from runner.app import App
from runner.config.web_rules import READABLE
from runner.datadir.daemon_lock import only_web
from runner.errors import BadConfig
from runner.host.log import log
from runner.model.settings.web import NOT_SERVED, WebSettings, is_readable_on_the_way
from runner.process.kept import BEAT_SECONDS, Pulse
from runner.web.application import application
from runner.web.transport.connection import HEAD_BYTES, MOST
from runner.web.transport.peer import PeerProtocol
from runner.web.transport.sockets import SOCKET, address_of, tcp_socket, unix_socket
from runner.web.wall import put_up

# After a signal: for requests that are being answered, and streams that never end by themselves.
GRACE_SECONDS = 3
# Objects between two rounds of the collector: an answer about 1,000 stacks makes tens of thousands, and hardly a cycle.
YOUNG = 10_000


def serve(app: App, listen: str | None, pulse: Pulse | None = None) -> None:
    """Until SIGTERM or SIGINT, on the unix socket of the data directory and on `listen`, such as `127.0.0.1:8470`.

    WebRunning where another one serves this data directory.
    """
    _ = app.store  # opening it makes the data directory, where the lock and the socket lie
    with only_web(app.settings.data_dir), ExitStack() as opened:
        web = application(app)
        path = app.settings.data_dir / SOCKET
        pairs = [(_server(web, NOT_SERVED), opened.enter_context(unix_socket(path)))]
        if listen is not None:
            _refuse_readable(app.settings.web, listen)
            own = opened.enter_context(tcp_socket(listen, app.settings.web.proxies))
            pairs.append((_server(web, app.settings.web), own))
        for server, _ in pairs:
            _load(server)
        put_up(app)
        _keep_in_memory()
        log.info("web.ready", listen=" ".join(address_of(one) for _, one in pairs))
        asyncio.run(_serve_all(pairs, pulse))


def _refuse_readable(web: WebSettings, listen: str) -> None:
    """Also where --listen says so."""
    if ":" in listen and not web.insecure_http and is_readable_on_the_way(web, listen):
        raise BadConfig(f"web.listen: {listen!r}: {READABLE}", hint="see docs/web.md, TLS")


def _keep_in_memory() -> None:
    """Spare the collector what was loaded until now, and most of its rounds: one that walks through all of it takes
    120 ms, while nobody is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


class Server(uvicorn.Server):
    """Signals are for all servers of the process, so none of them takes them for itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve_all(pairs: list[tuple[Server, socket.socket]], pulse: Pulse | None) -> None:
    def stop() -> None:
        for server, _ in pairs:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    beating = asyncio.create_task(_beat(pulse)) if pulse is not None else None
    try:
        await asyncio.gather(*(server.serve(sockets=[one]) for server, one in pairs))
    finally:
        if beating is not None:
            beating.cancel()


def _load(server: Server) -> None:
    """The certificate, and the application with all that it imports. BadConfig where the certificate cannot be used."""
    try:
        server.config.load()
    except OSError as error:  # an SSLError is one
        tls = f"{server.config.ssl_certfile} and {server.config.ssl_keyfile}"
        raise BadConfig(f"web.tls: {tls} cannot be used: {error}", hint="driftline doctor") from error


async def _beat(pulse: Pulse) -> None:
    while True:
        pulse.beat()
        await asyncio.sleep(BEAT_SECONDS)


def _server(web: object, settings: WebSettings) -> Server:
    config = uvicorn.Config(
        web,  # type: ignore[arg-type] # any ASGI application
        http=PeerProtocol,
        h11_max_incomplete_event_size=HEAD_BYTES,
        limit_concurrency=MOST,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # Only those that are named, and not whoever connects from loopback, as uvicorn would have it.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        ssl_certfile=settings.tls.cert,
        ssl_keyfile=settings.tls.key,
    )
    return Server(config)
