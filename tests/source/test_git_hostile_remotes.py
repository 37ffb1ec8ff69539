"""A remote that answers with more than anybody asked for takes neither the memory nor the time of others."""

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from remote.repository import Remote

from runner.errors import GitFailed

ADVERTISED = "application/x-git-upload-pack-advertisement"
Answer = Callable[[BaseHTTPRequestHandler], None]


def bomb(request: BaseHTTPRequestHandler) -> None:
    """A megabyte that unpacks to one gigabyte."""
    body = gzip.compress(bytes(1 << 30), 1)
    request.send_response(200)
    for name, value in (("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))):
        request.send_header(name, value)
    request.send_header("Content-Type", ADVERTISED)
    request.end_headers()
    request.wfile.write(body)


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", ADVERTISED)
    request.end_headers()
    while True:
        request.wfile.write(bytes(1 << 20))


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/x.git"
        finally:
            server.shutdown()


@pytest.mark.parametrize("answer", [bomb, endless])
def test_an_answer_that_unpacks_beyond_its_memory_limit_is_aborted(remote: Remote, answer: Answer) -> None:
    with answering(answer) as url:
        began = time.monotonic()
        with pytest.raises(GitFailed, match=r"[Oo]ut of memory"):
            remote.mirrors.head(remote.at(url))
        assert time.monotonic() - began < 20
