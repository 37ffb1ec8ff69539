"""Operations done by a server: the same arguments, the same answers, the same errors."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

import httpx2

from runner.api.http import PREFIX, VERSION
from runner.api.operation import Operation
from runner.errors import BadUsage, InsecureServer, RequestPending, ServerUnreachable
from runner.host.connection import is_plain_and_local, open_connection, reaching
from runner.model.values.span import Seconds
from runner.remote.answer import NOT_OURS, error_of, read_answer, strange
from runner.view.document import document

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_SECONDS = 60.0
RESTART_SECONDS = 15.0
MOST_BYTES = 512 * 2**20  # of one answer: more than any artifact that is kept
# What they say does not hold of a body that was read.
_OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
# What a proxy answers while the server behind it is away.
BY_A_PROXY = frozenset({502, 503, 504})


@dataclass
class Remote:
    url: str
    http: httpx2.Client
    pause: Callable[[], None] = lambda: time.sleep(0.5)
    _now: datetime | None = None
    _answers: bool = False  # it has answered before

    @classmethod
    def at(cls, url: str, *, insecure: bool = False, token: str | None = None) -> "Remote":
        """InsecureServer for plain http to another host, unless that is wanted; BadUsage for what can be no token."""
        if not insecure:
            _refuse_plain(url)
        if token is not None:
            _refuse_no_token(token)
        return cls(url, open_connection(url, token, TIMEOUT_SECONDS))

    @property
    def now(self) -> datetime:
        """By the server's clock, as of its last answer: this host's may be wrong."""
        return self._now or datetime.now(UTC)

    def call(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        given = told(operation, operation.bind(*args, **kwargs))
        path = operation.path.format_map({name: _in_path(given.pop(name)) for name in operation.in_path})
        plain = {name: _sent(value) for name, value in given.items()}
        content = {"params": plain} if operation.method == "GET" else {"json": plain}
        return read_answer(operation, self._answered(operation.method, PREFIX + path, content))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What is no operation: logging in and out."""
        answer = self._send("POST", path, {"json": dict(body)})
        try:
            return answer.json() if answer.content else None
        except NOT_OURS:
            raise strange(answer) from None

    def _answered(self, method: str, path: str, content: Mapping[str, Any]) -> httpx2.Response:
        """Also what the daemon takes long to answer; a daemon that is gone ends the wait."""
        while True:
            try:
                return self._send(method, path, content)
            except RequestPending as pending:
                request = pending.facts.get("request")
                if not isinstance(request, int):
                    raise
                method, path, content = "GET", f"{PREFIX}/requests/{request}", {}

    def _send(self, method: str, path: str, content: Mapping[str, Any]) -> httpx2.Response:
        """Who follows a run for an hour outlives a restart of the server; a change is never sent twice."""
        end = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                answer = self._request(method, path, content)
            except ServerUnreachable:
                if method != "GET" or not self._answers or time.monotonic() > end:
                    raise
                self.pause()
            else:
                self._note(answer)
                if answer.is_success:
                    return answer
                raise error_of(answer)

    def _request(self, method: str, path: str, content: Mapping[str, Any]) -> httpx2.Response:
        with reaching(self.url), self.http.stream(method, path, **content) as begun:
            answer = self._whole(begun)
        if answer.status_code in BY_A_PROXY and VERSION not in answer.headers:
            raise ServerUnreachable(url=self.url, reason=f"{answer.status_code} {answer.reason_phrase}")
        return answer

    def _whole(self, begun: httpx2.Response) -> httpx2.Response:
        """Without the rest of an answer that would fill this host's memory."""
        body = bytearray()
        for part in begun.iter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ServerUnreachable(
                    url=self.url, reason=f"its answer has more than {MOST_BYTES // 2**20} MiB"
                )
        headers = [(name, value) for name, value in begun.headers.multi_items() if name not in _OF_THE_BODY]
        return httpx2.Response(
            begun.status_code,
            headers=headers,
            content=bytes(body),
            request=begun.request,
            extensions=begun.extensions,
        )

    def _note(self, answer: httpx2.Response) -> None:
        self._answers = True
        with suppress(KeyError, ValueError):
            told = parsedate_to_datetime(answer.headers["date"])
            # One with the zone -0000 is a time of nowhere, which can be compared with no other.
            self._now = told if told.tzinfo is not None else self._now


def saved_token(url: str) -> str | None:
    """DRIFTLINE_TOKEN, else the one of the last login to this server."""
    from runner.remote.contexts import Contexts

    return os.environ.get("DRIFTLINE_TOKEN") or Contexts.saved().token(url.rstrip("/"))


def _refuse_plain(url: str) -> None:
    if urlsplit(url).scheme == "http" and not is_plain_and_local(url):
        raise InsecureServer(url=url)


def _refuse_no_token(token: str) -> None:
    """An empty file, or another one: nothing of it is shown."""
    if not token or not token.isascii() or not token.isprintable():
        problem = "is empty" if not token else "has characters that no token has"
        raise BadUsage(f"the token {problem}", hint="driftline token create NAME   on the host prints one")


def told(operation: Operation[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What the server has to be told: an older one refuses arguments that it does not know, also with their defaults."""
    defaults = {name: one.default for name, one in operation.parameters.items()}
    return {name: value for name, value in given.items() if value != defaults[name]}


def _sent(value: Any) -> Any:
    """A span is read as people write it, `4h`, and its JSON is a number."""
    return str(value) if isinstance(value, Seconds) else document(value)


def _in_path(value: Any) -> str:
    """A name may have slashes. One such as `..` is a name too, and leads nowhere else."""
    parts = str(value).split("/")
    return "/".join(quote(part) if part.strip(".") else part.replace(".", "%2E") for part in parts)
