"""The process that serves: listening sockets, and uvicorn on them."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import uvicorn

from runner.app import App
from runner.errors import BadConfig
from runner.model.settings.web import NO_TLS, TlsSettings
from runner.web.application import application

SOCKET = "web.sock"
SOCKET_MODE = 0o660


def serve(app: App, listen: str | None) -> None:
    """Until SIGTERM or SIGINT, on the unix socket of the data directory and on `listen`, such as `127.0.0.1:8470`."""
    web = application(app)
    with ExitStack() as opened:
        sockets = [opened.enter_context(_unix_socket(app.settings.data_dir / SOCKET))]
        servers = [_server(web, NO_TLS)]
        if listen is not None:
            sockets.append(opened.enter_context(_tcp_socket(listen)))
            servers.append(_server(web, app.settings.web.tls))
        asyncio.run(_serve_all(list(zip(servers, sockets, strict=True))))


async def _serve_all(pairs: list[tuple[uvicorn.Server, socket.socket]]) -> None:
    await asyncio.gather(*(server.serve(sockets=[one]) for server, one in pairs))


def _server(web: object, tls: TlsSettings) -> uvicorn.Server:
    config = uvicorn.Config(
        web,  # type: ignore[arg-type] # any ASGI application
        log_config=None,
        access_log=False,
        server_header=False,
        ssl_certfile=tls.cert,
        ssl_keyfile=tls.key,
    )
    return uvicorn.Server(config)


@contextmanager
def _unix_socket(path: Path) -> Iterator[socket.socket]:
    with suppress(FileNotFoundError):
        path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        before = os.umask(0o777 & ~SOCKET_MODE)
        try:
            made.bind(str(path))
        finally:
            os.umask(before)
        yield made
        with suppress(FileNotFoundError):
            path.unlink()


def _tcp_socket(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host.strip("[]"), int(port)))
    except (OSError, ValueError) as error:
        raise BadConfig(
            f"web.listen: cannot listen on {listen!r}: {error}", hint="driftline config show"
        ) from error
    return made
