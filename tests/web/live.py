"""The server as it is, on a socket, for what no test client can do: streams, slow clients, many connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from runner.app import App
from runner.model.settings.web import NOT_SERVED
from runner.web.application import application
from runner.web.serve import _server
from runner.web.transport.sockets import tcp_socket


@contextmanager
def live(app: App) -> Iterator[str]:
    """Its address."""
    server = _server(application(app), NOT_SERVED)
    with tcp_socket("127.0.0.1:0") as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
