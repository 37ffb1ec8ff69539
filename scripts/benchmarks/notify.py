"""From a change to its message, and what a dead channel with many waiting events costs a pass of the daemon."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.figure import Figure, Sample, at_most, at_most_above, timed
from benchmarks.installation import Installation, stacks
from benchmarks.size import Size
from runner.app import App
from runner.daemon.channels import LOOK_SECONDS, Deliveries, looks
from runner.service.cycle.notify import begin_notifying
from runner.service.queue.enqueue import enqueue_due

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
QUEUED = 10_000  # events that wait for the dead channel
PATIENCE = 60.0
STACKS = 50


class _Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.heard = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        assert isinstance(self.server, _Receiver)
        self.server.heard.set()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    os.environ["HOOK"] = SECRET
    with _receiver() as receiver:
        for name, to in (
            ("webhook", f"http://${{env:HOOK}}@{receiver.host}/"),
            ("json:// by Apprise", f"json://{receiver.host}/"),
        ):
            app = _installation(folder / name.partition(":")[0], to).app
            with _delivering(app):
                seen = tuple(_delivery(app, receiver) for _ in range(size.part(4)))
            yield at_most(2, f"transition to {name}, idle channel", "s", Sample(seen))
    # No address in this network answers: connections hang until they are given up.
    app = _installation(folder / "dead", "https://${env:HOOK}@198.51.100.1/").app
    begin_notifying(app.store, app.notified)
    with app.store.writing() as writer:
        for _ in range(QUEUED if size.warms_up else 10):
            writer.pause("team-0/service-0", None, by="ana")
    dead: list[float] = []
    none: list[float] = []
    _pass(app)  # to warm up
    for _ in range(size.part(10)):
        none += _passes(app, size.part(6))
        dead += _passes_beside_dead_channel(app, size.part(6))
    yield at_most_above(
        0.001,
        f"daemon's pass, {STACKS} stacks, dead channel with {QUEUED} events",
        Sample(tuple(dead)),
        Sample(tuple(none)),
        "no channel",
    )


def _installation(root: Path, to: str) -> Installation:
    entries = [{"name": "ops", "to": to, "topics": ["stack.resume"]}]
    more = f"notifications: {json.dumps(entries)}\nnotify: {{allow_hosts: [127.0.0.1, 198.51.100.1]}}\n"
    installation = Installation(root, more=more)
    installation.repository.commit(stacks(STACKS))
    installation.poll()
    return installation


def _change(app: App) -> None:
    with app.store.writing() as writer:
        writer.pause("team-0/service-0", None, by="ana")


@contextmanager
def _receiver() -> Iterator[_Receiver]:
    with _Receiver() as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        yield receiver
        receiver.shutdown()


@contextmanager
def _delivering(app: App) -> Iterator[None]:
    deliveries = Deliveries(lambda _what, work: work())
    begin_notifying(app.store, app.notified)
    deliveries.turn_to(looks(app.store, app.clock, app.notified))
    yield
    deliveries.close()


def _delivery(app: App, receiver: _Receiver) -> float:
    receiver.heard.clear()
    started = time.perf_counter()
    _change(app)
    if not receiver.heard.wait(PATIENCE):
        raise RuntimeError(f"no message came within {PATIENCE:g} s")
    return time.perf_counter() - started


def _pass(app: App) -> float:
    return timed(lambda: enqueue_due(app.store, app.clock, app.settings.promotion))


def _passes(app: App, count: int) -> list[float]:
    """After as long a pause as the daemon makes, in which caches of the processor grow cold."""
    time.sleep(LOOK_SECONDS)
    return [_pass(app) for _ in range(count)]


def _passes_beside_dead_channel(app: App, count: int) -> list[float]:
    """From its first look on, which reads what waits, and while it tries to connect."""
    with app.store.writing() as writer:
        for cursor in writer.cursors():
            writer.save_cursor(cursor.after(0))
    with _delivering(app):
        return _passes(app, count)
