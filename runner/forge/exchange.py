"""One HTTP exchange with a forge: verified, and bounded in size and in time. It follows no redirect."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from threading import Lock, Timer
from typing import Any

import httpx2

from runner import __version__
from runner.host import authorities
from runner.model.values.frozen import dataclass

MAX_BODY = 8 * 2**20
READ_SECONDS = 10.0
TOTAL_SECONDS = 30.0
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")


class NoAnswer(Exception):
    """Why there is none that can be used; without the request, which has the token."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def data(self) -> Any:
        """The JSON in it; NoAnswer if it is none, such as the page of a proxy."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoAnswer("it answers, but not with JSON; is forge.url right?") from None


@dataclass(frozen=True)
class Message:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None


class Exchange:
    """A client for one thread at a time: others wait, at most as long as one exchange may take."""

    def __init__(self, url: str, ca: Path | None = None, total: float = TOTAL_SECONDS) -> None:
        """Proxies of the environment are used, except for plain http, which is for this host."""
        trust = url.startswith("https://")
        verify = authorities.for_url(url) if ca is None else _also(ca)
        self._client = httpx2.Client(verify=verify, timeout=READ_SECONDS, trust_env=trust)
        self._total = total
        self._lock = Lock()
        self._sockets: list[socket.socket] = []

    def __call__(self, message: Message) -> Answer:
        try:
            with self._lock, self._deadline(), self._answered(message) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, _read(response))
        except httpx2.TimeoutException:
            raise NoAnswer("it does not answer in time") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NoAnswer(str(error) or type(error).__name__) from None

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _answered(self, message: Message) -> Iterator[httpx2.Response]:
        # Compressed answers could grow without bound in a single chunk.
        own = {"User-Agent": f"driftline/{__version__}", "Accept-Encoding": "identity"}
        with self._client.stream(
            message.method,
            message.url,
            headers={**own, **message.headers},
            params=dict(message.params) or None,
            json=message.json,
            extensions={"trace": self._note},
        ) as response:
            yield response

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """The timeouts of httpx are for each read: headers that come byte by byte would take for ever."""
        over: list[bool] = []

        def stop() -> None:
            over.append(True)
            for one in self._sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

        timer = Timer(self._total, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except httpx2.HTTPError:
            if over:
                raise NoAnswer(f"it takes longer than {self._total:g} s to answer") from None
            raise
        finally:
            timer.cancel()

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_CONNECTED):
            known = [one for one in self._sockets if one.fileno() >= 0]
            self._sockets = [*known, info["return_value"].get_extra_info("socket")]


def _read(response: httpx2.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NoAnswer("it compresses its answer, which was not asked for")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_BODY:
            raise NoAnswer(f"its answer exceeds {MAX_BODY // 2**20} MB")
    return bytes(body)


def _also(ca: Path) -> ssl.SSLContext:
    """The authorities of the machine and these."""
    context = httpx2.create_ssl_context()
    try:
        context.load_verify_locations(ca)
    except (OSError, ssl.SSLError) as error:
        raise NoAnswer(f"forge.ca cannot be read: {error.strerror or error}") from None
    return context
