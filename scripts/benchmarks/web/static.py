"""A server whose answers are fixed, with the same parts and the same priority: what serving costs without a database."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from benchmarks.web.served import free_port, until_ready
from runner.sandbox.serving import NICE, stand_back

_MAIN = "from benchmarks.web.static import main; main()"
BODY = b"x" * 20_000  # as long as the pages of few stacks


@contextmanager
def static_answers() -> Iterator[str]:
    """Its address."""
    port = free_port()
    argv = [sys.executable, "-c", _MAIN, str(port)]
    with subprocess.Popen(argv, start_new_session=True) as process:
        try:
            until_ready(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def _answer(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        headers = [(b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


def main() -> None:
    stand_back(NICE)
    uvicorn.run(_answer, port=int(sys.argv[1]), log_config=None, access_log=False)
