"""The work API as a worker calls it. Every call may be repeated, so that a cut connection only delays."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from runner.api.http import FENCE, VERSION, WORK
from runner.errors import DatabaseBusy, InternalError, ServerUnreachable, TooManyAtOnce
from runner.host.connection import open_connection, reaching
from runner.model.settings.pools import WorkerSettings
from runner.model.values.codec import from_plain, to_plain
from runner.model.work.protocol import AtGate, Beat, Ended, Granted, Heard, Hello, Wanted, Welcome
from runner.pool.patience import Endless
from runner.ports.basics import Cancel
from runner.remote.answer import error_of

SECONDS = 30.0  # for one answer
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 15.0
# The server is away, restarts, or has too much to do. Any other error is its answer.
_PASSING = (ServerUnreachable, DatabaseBusy, TooManyAtOnce, InternalError)
T = TypeVar("T")


@dataclass
class WorkClient:
    """`stop` ends the repetitions; until then a call waits for a server that is away."""

    http: httpx2.Client
    stop: Cancel = field(default_factory=Endless)

    @classmethod
    @contextmanager
    def of(cls, worker: WorkerSettings) -> "Iterator[WorkClient]":
        """Its connections are closed with the block."""
        with open_connection(worker.server, worker.token, SECONDS) as http:
            yield cls(http)

    def until(self, stop: Cancel) -> "WorkClient":
        """The same connections, with another end of patience."""
        return replace(self, stop=stop)

    def hello(self, said: Hello) -> Welcome:
        return from_plain(Welcome, self._told("POST", "/hello", said))

    def claim(self, run: int, wanted: Wanted) -> Granted:
        return from_plain(Granted, self._told("POST", f"/runs/{run}/claim", wanted))

    def beat(self, run: int, fence: int) -> Heard:
        """Not repeated: the next one comes soon."""
        answer = self._once("POST", f"/runs/{run}/heartbeat", {"json": to_plain(Beat(fence))})
        return from_plain(Heard, answer.json())

    def gate(self, run: int, asked: AtGate) -> None:
        self._told("POST", f"/runs/{run}/gate", asked)

    def result(self, run: int, ended: Ended) -> None:
        self._told("POST", f"/runs/{run}/result", ended)

    def append_log(self, run: int, fence: int, offset: int, piece: bytes) -> int:
        """The size of the log at the server afterwards."""
        answer = self._once(
            "PATCH",
            f"/runs/{run}/log",
            {"params": {"offset": offset}, "content": piece, "headers": _fence(fence)},
        )
        return int(answer.json()["size"])

    def put_artifact(self, run: int, fence: int, name: str, content: bytes) -> str:
        sent = {"content": content, "headers": _fence(fence)}
        answer = self.repeated(lambda: self._once("PUT", f"/runs/{run}/artifacts/{name}", sent))
        return str(answer.json()["digest"])

    def artifact(self, run: int, fence: int, name: str, of: int) -> bytes:
        sent = {"params": {} if of == run else {"of": of}, "headers": _fence(fence)}
        return self.repeated(lambda: self._once("GET", f"/runs/{run}/artifacts/{name}", sent)).content

    def artifact_names(self, run: int, fence: int) -> list[str]:
        sent = {"headers": _fence(fence)}
        names: list[str] = self.repeated(lambda: self._once("GET", f"/runs/{run}/artifacts", sent)).json()
        return names

    def remove_artifact(self, run: int, fence: int, name: str) -> None:
        sent = {"headers": _fence(fence)}
        self.repeated(lambda: self._once("DELETE", f"/runs/{run}/artifacts/{name}", sent))

    def tree(self, run: int, fence: int, revision: str, into: Path) -> None:
        """Write the pack of this revision to a file."""

        def read() -> None:
            with (
                self._reaching(),
                self.http.stream(
                    "GET", f"{WORK}/runs/{run}/tree", params={"revision": revision}, headers=_fence(fence)
                ) as answer,
            ):
                if not answer.is_success:
                    answer.read()
                _judge(answer)
                with into.open("wb") as file:
                    for part in answer.iter_bytes():
                        file.write(part)

        self.repeated(read)

    def _told(self, method: str, path: str, said: Any) -> Any:
        content = {"json": to_plain(said)}
        return self.repeated(lambda: self._once(method, path, content)).json()

    def repeated(self, call: Callable[[], T]) -> T:
        """Until the server answers, or patience ends."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return call()
            except _PASSING:
                if self.stop.wait(pause):
                    raise
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _once(self, method: str, path: str, content: Mapping[str, Any]) -> httpx2.Response:
        with self._reaching():
            answer = self.http.request(method, WORK + path, **content)
        _judge(answer)
        return answer

    def _reaching(self) -> AbstractContextManager[None]:
        return reaching(str(self.http.base_url))


def _judge(answer: httpx2.Response) -> None:
    """Raise what the server refuses. An answer of anything else, such as a proxy or a login page, does not count, not even a yes."""
    if VERSION not in answer.headers:
        reason = f"something else answered: {answer.status_code} {answer.reason_phrase}".strip()
        raise ServerUnreachable(url=str(answer.url), reason=reason)
    if not answer.is_success:
        raise error_of(answer)


def _fence(fence: int) -> dict[str, str]:
    return {FENCE: str(fence)}
