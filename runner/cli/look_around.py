"""The end of the demo: its dashboard, for as long as somebody looks."""

import importlib.util
import signal
import socket
import sys
import time
from collections.abc import Callable

from runner.app import App
from runner.process.kept import Ended, Keeper

START_SECONDS = 30.0


def somebody_looks() -> bool:
    """A person at a terminal, with the packages of the web server."""
    return sys.stdin.isatty() and sys.stdout.isatty() and importlib.util.find_spec("fastapi") is not None


def serve(app: App, show: Callable[[str], None], wait: Callable[[], object] = signal.pause) -> None:
    """Show its address once it answers, and serve until Ctrl-C."""
    port = _free_port()
    keeper = Keeper("demo", _quiet)
    try:
        keeper.turn_to(app.web_server("--quiet", "--listen", f"127.0.0.1:{port}"))
        if _answers(port):
            show(f"http://127.0.0.1:{port}")
            wait()
    except KeyboardInterrupt:
        """Whoever looked has seen enough."""
    finally:
        keeper.close()


def _answers(port: int) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _quiet(_ended: Ended) -> None:
    """It is started again."""
