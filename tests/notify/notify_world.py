"""Fakes of a channel and of a service, and events to tell of."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from store_world import NOON

from runner.errors import NotDelivered
from runner.model.events.feed import FeedEvent, Payload, ReportMoved, RunMoved
from runner.model.notify.message import Message
from runner.model.notify.terms import Terms
from runner.model.run.life import Kind, State
from runner.model.settings.notifications import Notification
from runner.model.settings.server import Settings
from runner.notify.channels import Resolving, Surroundings
from runner.ports.notify import Channel
from runner.service.cycle.notify import Notified

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HERE = ("127.0.0.1",)


@dataclass
class Told:
    """A channel that remembers; it refuses as often as it is told to."""

    refuses: int = 0
    messages: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if self.refuses:
            self.refuses -= 1
            raise NotDelivered("the other side is away")
        self.messages.append(message)

    def flaws(self) -> Iterator[str]:
        yield from ()

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.messages]


def notified(channel: Channel, name: str = "ops", **settings: Any) -> Notified:
    of = Notification(name, "https://hooks.example.com", **settings)
    return Notified(name, Terms.of(of), channel, "https://drift.example.com")


def surroundings(
    environ: Mapping[str, str] | None = None, allowed: tuple[str, ...] = HERE, folder: Path | None = None
) -> Surroundings:
    from runner.engine.sandbox_policy import SandboxPolicy

    env = {"PATH": os.environ.get("PATH", os.defpath)}
    around = SandboxPolicy(Settings(folder or Path(os.devnull)), (), env, env).apart
    return Surroundings(
        {"HOOK": SECRET, **(environ or {})}, env, around, allowed, "https://drift.example.com"
    )


def channel(
    to: str | tuple[str, ...],
    environ: Mapping[str, str] | None = None,
    allowed: tuple[str, ...] = HERE,
    **settings: Any,
) -> Resolving:
    return Resolving(Notification("ops", to, **settings), surroundings(environ, allowed))


def event(topic: str, payload: Payload, number: int = 7, subject: str = "", at: datetime = NOON) -> FeedEvent:
    return FeedEvent(number, at, topic, subject, payload)


def run_event(state: State = State.AWAITING_APPROVAL, number: int = 7, **facts: Any) -> FeedEvent:
    payload = RunMoved(
        **{
            "run": 12,
            "stack": "prod/vpc",
            "kind": Kind.CHANGE,
            "state": state,
            "event": "offer",
            "by": "driftline",
            "revision": "a" * 40,
            **facts,
        }
    )
    return event(f"run.{state}", payload, number, f"run-{payload.run}")


def drift_event(moved: str = "open", number: int = 8, **facts: Any) -> FeedEvent:
    payload = ReportMoved(
        **{
            "report": 3,
            "stack": "prod/vpc",
            "status": "open",
            "revision": "a" * 40,
            "fingerprint": "f",
            "confirmed": True,
            "counted": 2,
            "by": "driftline",
            **facts,
        }
    )
    return event(f"drift.{moved}", payload, number, f"dr-{payload.report}")


@dataclass(frozen=True)
class Request:
    path: str
    headers: Headers
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Answer = Callable[[BaseHTTPRequestHandler], None]


def answered(status: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


class Receiver:
    """A service on this machine that takes everything, or answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Answer = answered(200)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                receiver.requests.append(Request(self.path, self.headers, self.rfile.read(length)))
                receiver.answer(self)

            do_PUT = do_GET = do_POST  # noqa: N815 - the names that the library looks for

            def log_message(self, *_: object) -> None:
                """Nothing: a test shows what it needs."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
