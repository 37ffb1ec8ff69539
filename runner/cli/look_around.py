"""The end of the demo: its dashboard, beside a daemon, for as long as somebody looks."""

import importlib.util
import socket
import sys
import threading
import time
from collections.abc import Callable

START_SECONDS = 60.0


def somebody_looks() -> bool:
    """A person at a terminal, with the packages of the web server."""
    return sys.stdin.isatty() and sys.stdout.isatty() and importlib.util.find_spec("fastapi") is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def look_around(port: int, daemon: Callable[[], None], show: Callable[[], None]) -> None:
    """Until the daemon ends, as by Ctrl-C; `show` is called once its web server answers."""

    def tell() -> None:
        if _answers(port, ended):
            show()

    ended = threading.Event()
    telling = threading.Thread(target=tell, name="look around", daemon=True)
    telling.start()
    try:
        daemon()
    except KeyboardInterrupt:
        """Before it listened to signals."""
    finally:
        ended.set()
        telling.join()


def _answers(port: int, ended: threading.Event) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and not ended.wait(0.1):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            continue
        return True
    return False
