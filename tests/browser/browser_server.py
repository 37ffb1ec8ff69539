"""`driftline web`, as a process of its own over an installation that all tests share."""

import fcntl
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from cli_world import World, until
from rich_world import Rich, rich


def shared(folder: Path) -> Rich:
    """The installation, made by whichever process of the tests comes first."""
    place, made = folder / "rich", folder / "rich.json"
    with (folder / "rich.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            place.mkdir()
            made.write_text(json.dumps(asdict(rich(place))))
    return Rich(**json.loads(made.read_text()))


@contextmanager
def served(world: World) -> Iterator[str]:
    """Its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = world.start("web", "--listen", f"127.0.0.1:{port}")
    try:
        until(lambda: _listens(port) or started.process.poll() is not None)
        assert started.process.poll() is None, started.err
        yield f"http://127.0.0.1:{port}"
    finally:
        started.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.process.wait(5)
        started.process.kill()
        started.process.wait()
        for stream in (started.process.stdout, started.process.stderr):
            if stream is not None:
                stream.close()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
