"""terraform's http state backend, with states and locks that a test may look at, change and spoil."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class StateBackend:
    """States by the last part of their address. The flags say how it misbehaves from now on."""

    port: int = 0
    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)  # method and name
    fail_saves: bool = False  # 500 to every POST
    lose_saves: bool = False  # 200 to every POST, and nothing is kept
    fail_unlocks: bool = False  # 500 to every UNLOCK
    hold_saves: bool = False  # a POST is only answered once `release` is set
    silent: bool = False  # nothing is answered before `release` is set
    release: threading.Event = field(default_factory=threading.Event)
    saving: threading.Event = field(default_factory=threading.Event)  # a POST has come in
    guard: threading.Lock = field(default_factory=threading.Lock)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def config(self, name: str) -> dict[str, str]:
        """What a stack's `backend_config` has to say."""
        address = self.address(name)
        return {"address": address, "lock_address": address, "unlock_address": address, "retry_max": "0"}

    def state(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.states[name])
        return found

    def bump(self, name: str) -> None:
        """As if somebody had saved the same state once more."""
        state = self.state(name)
        self.states[name] = json.dumps({**state, "serial": state["serial"] + 1}).encode()

    def take(
        self, name: str, lock_id: str, who: str = "ana@laptop", operation: str = "OperationTypeApply"
    ) -> None:
        """Somebody else's terraform holds the state."""
        self.locks[name] = {
            "ID": lock_id,
            "Operation": operation,
            "Info": "",
            "Who": who,
            "Version": "1.11.4",
            "Created": "2026-01-02T03:04:05.678901234Z",
            "Path": "",
        }

    def asked(self, method: str, name: str) -> int:
        """How often."""
        return self.requests.count((method, name))

    def answer(self, method: str, name: str, lock_id: str | None, body: bytes) -> tuple[int, bytes]:
        match method:
            case "GET":
                return (200, self.states[name]) if name in self.states else (404, b"")
            case "POST":
                return self._save(name, lock_id, body)
            case "LOCK" if name in self.locks:
                return 423, json.dumps(self.locks[name]).encode()
            case "LOCK":
                self.locks[name] = json.loads(body)
                return 200, b""
            case "UNLOCK":
                return self._unlock(name, body)
        return 405, b""

    def _save(self, name: str, lock_id: str | None, body: bytes) -> tuple[int, bytes]:
        if self.fail_saves:
            return 500, b""
        if name in self.locks and self.locks[name]["ID"] != lock_id:
            return 423, json.dumps(self.locks[name]).encode()
        if not self.lose_saves:
            self.states[name] = body
        return 200, b""

    def _unlock(self, name: str, body: bytes) -> tuple[int, bytes]:
        if self.fail_unlocks:
            return 500, b""
        # As GitLab does it; terraform 1.11.4's `force-unlock` sends no id at all.
        if body and json.loads(body).get("ID") != self.locks.get(name, {}).get("ID"):
            return 409, json.dumps(self.locks.get(name, {})).encode()
        self.locks.pop(name, None)
        return 200, b""


@contextmanager
def state_backend() -> Iterator[StateBackend]:
    backend = StateBackend()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            name = parts.path.rpartition("/")[2]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            backend.requests.append((self.command, name))
            if self.command == "POST":
                backend.saving.set()
            if backend.silent or (backend.hold_saves and self.command == "POST"):
                backend.release.wait()
            with backend.guard:
                status, content = backend.answer(
                    self.command, name, parse_qs(parts.query).get("ID", [None])[0], body
                )
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_LOCK = do_UNLOCK = handle_any  # noqa: N815 - the base class names them so

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                """The terraform that asked was killed meanwhile."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    backend.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield backend
    finally:
        backend.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
