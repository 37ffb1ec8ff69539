"""Clients that mean no good, or only many of them: runs go on, and nothing of them stays behind."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest
from browser_world import CSRF
from cli_world import World, planned, until
from web_process import Process, serving
from web_world import Served, access

from runner.datadir.daemon_lock import running_web
from runner.web.transport.connection import MOST

ROUNDS = 20
LOOKS = (
    "/",
    "/stacks",
    "/stacks/app",
    "/inbox",
    "/graph",
    "/runs/run-1/log",
    "/nothing",
    "/metrics",
    "/readyz",
    "/api/v1/status",
    "/api/v1/runs",
    "/api/v1/runs/run-99",
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return planned(tmp_path, config=access("ci"))


def head(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n".encode()


@contextmanager
def bad_clients(port: int, token: str) -> Iterator[None]:
    """As many as may connect and more: each begins something and never goes on."""
    body = b"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    begun = (
        head("/", token),
        body,
        head("/api/v1/events", token) + b"\r\n",
        head("/runs/run-1/log.txt", token) + b"\r\n",
        (head("/api/v1/stacks", token) + b"\r\n") * 50,
    )
    with ExitStack() as opened:
        for number in range(MOST + 88):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.sendall(begun[number % len(begun)])
        yield


def descriptors(world: World) -> int:
    return sum(1 for _ in Path(f"/proc/{running_web(world.root / 'data')}/fd").iterdir())


def everything(process: Process, token: str) -> None:
    """A login, all kinds of looks, a stream, and a logout."""
    base = f"http://127.0.0.1:{process.port}"
    with httpx2.Client(base_url=base, headers={"accept": "text/html"}, timeout=30) as browser:
        form = {"secret": token, "csrf": CSRF.search(browser.get("/login").text)[1]}  # type: ignore[index]
        assert browser.post("/login", data=form).status_code == 303
        for path in LOOKS:
            assert browser.get(path).status_code in {200, 404}, path
        with browser.stream("GET", "/api/v1/events") as events:
            assert next(events.iter_lines()).startswith("id:")
        browser.post("/logout", data={"csrf": CSRF.search(browser.get("/stacks/app").text)[1]})  # type: ignore[index]


def test_requests_and_logins_leave_no_descriptor_open(world: World) -> None:
    token = Served(world).token("ci")
    with serving(world) as process:
        everything(process, token)
        everything(process, token)
        before = descriptors(world)
        for _ in range(ROUNDS):
            everything(process, token)
        # Not one for each round; one or two come and go with the server's threads.
        until(lambda: descriptors(world) < before + ROUNDS)


def test_clients_that_never_go_on_stop_no_run(world: World) -> None:
    token = Served(world).token("ci")
    world.app.workspaces.log(1).write_text("a line\n" * 500_000)
    with serving(world) as process:
        with bad_clients(process.port, token):
            world.commit({"app/main.tf": 'resource "terraform_data" "other" {}\n'})
            world.run("daemon", "--once", expect=None)
            assert world.json("run", "show", "run-2")["state"] == "awaiting_approval"
        until(lambda: process.get("/healthz").status_code == 200)
