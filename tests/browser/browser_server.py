"""A web server over an installation that all tests share."""

import fcntl
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from asked_daemon import AskedDaemon
from cli_world import World, until
from rich_world import Rich, rich

from runner.web.application import application
from runner.web.identity import caller as identity


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
    """Its address. In this process: `driftline web` serves an installation once, and each process of the tests needs one."""
    app = world.app
    config = uvicorn.Config(
        application(app), log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.MonkeyPatch.context() as patch:
        # What only a daemon may do is done while somebody waits for it.
        patch.setattr(identity, "DaemonProcess", AskedDaemon().process)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            app.store.close()
