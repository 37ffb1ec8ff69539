"""`driftline web` as a process of its own, and how to ask it."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from cli_world import Started, World, until

LOCAL = "http://driftline"


@contextmanager
def serving(world: World, *words: str) -> Iterator["Process"]:
    """On a free port; killed at the end if it still lives."""
    started = world.start("web", "--listen", "127.0.0.1:0", *words)
    try:
        started.says("web.ready")
        yield Process(started)
    finally:
        started.end()


class Process:
    def __init__(self, started: Started) -> None:
        self.started = started

    @property
    def port(self) -> int:
        found = re.search(r"127\.0\.0\.1:(\d+)", self.started.err)
        assert found
        return int(found[1])

    def get(self, path: str, **how: Any) -> httpx2.Response:
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", **how)


def over_socket(path: Path) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url=LOCAL)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


__all__ = ["Process", "answers", "free_port", "over_socket", "serving", "until"]
