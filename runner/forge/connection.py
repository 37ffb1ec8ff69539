"""Requests to one forge: its token goes to no other host, its limits are kept, and its refusals become errors."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from runner.errors import ForgeRefused, ForgeThrottled, ForgeUnreachable
from runner.forge.credentials import Credentials
from runner.forge.exchange import Answer, Exchange, Message, NoAnswer
from runner.forge.throttle import throttled_until
from runner.model.values.text import safe_text
from runner.ports.basics import Clock

MAX_REDIRECTS = 3
MAX_PAGES = 20
MAX_PROBLEM = 300
KEPT_ANSWERS = 64
MAX_KEPT = 2**18  # bytes of an answer that is kept for its ETag
_UNCHANGED = 304


@dataclass
class Connection:
    """`base` is the address of the API. `name` is for people."""

    name: str
    base: str
    credentials: Credentials
    exchange: Exchange
    clock: Clock
    accept: str = "application/json"
    _until: datetime | None = None
    _kept: OrderedDict[str, Answer] = field(default_factory=OrderedDict)

    def send(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Answer:
        """A successful answer. The path may be a whole address on the same host, such as of a next page."""
        message = Message(method, self._address(path), params=params or {}, json=json)
        with self._explained():
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._authorized(message)
                if not 300 <= answer.status < 400:
                    return self._accepted(message, answer)
                message = self._redirected(message, answer)
        raise ForgeUnreachable(forge=self.name, problem="it redirects in a circle")

    def get(self, path: str, **params: Any) -> Any:
        answer = self.send("GET", path, params=params)
        with self._explained():
            return answer.data()

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """The items of all pages, by the header Link."""
        for _ in range(MAX_PAGES):
            answer = self.send("GET", path, params=params)
            with self._explained():
                yield from items(answer.data())
            following = next_link(answer.headers.get("link", ""))
            if following is None:
                return
            path, params = following, {}

    def write(self, method: str, path: str, json: Any) -> Any:
        answer = self.send(method, path, json=json)
        with self._explained():
            return answer.data() if answer.body else None

    def _address(self, path: str) -> str:
        # Also of a path: a next page may be called `@host/` or `.host/`.
        address = path if "://" in path else self.base + path
        if _origin(address) != _origin(self.base):
            raise ForgeUnreachable(forge=self.name, problem=f"it points to another host, {_host(address)}")
        return address

    def _authorized(self, message: Message) -> Answer:
        """Once more with new credentials if those expired."""
        answer = self._answered(message)
        if answer.status == 401 and self.credentials.renewed():
            answer = self._answered(message)
        return answer

    def _answered(self, message: Message) -> Answer:
        if self._until is not None and self.clock.now() < self._until:
            raise ForgeThrottled(forge=self.name, until=self._until)
        headers = {"Accept": self.accept, "Authorization": self.credentials.header()}
        key = f"{message.url}?{sorted(message.params.items())}"
        kept = self._kept.get(key) if message.method == "GET" else None
        if kept is not None:
            headers["If-None-Match"] = kept.headers["etag"]
        answer = self.exchange(replace(message, headers=headers))
        self._until = throttled_until(answer, self.clock.now())
        if self._until is not None:
            raise ForgeThrottled(forge=self.name, until=self._until)
        if kept is not None and answer.status == _UNCHANGED:
            self._kept.move_to_end(key)
            return kept
        if message.method == "GET":
            self._keep(key, answer)
        return answer

    def _keep(self, key: str, answer: Answer) -> None:
        self._kept.pop(key, None)
        if answer.status == 200 and "etag" in answer.headers and len(answer.body) <= MAX_KEPT:
            self._kept[key] = answer
            if len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)

    def _redirected(self, message: Message, answer: Answer) -> Message:
        """A renamed repository redirects on its host. A write is repeated only where the status says so (RFC 9110)."""
        target = urljoin(message.url, answer.headers.get("location", ""))
        if _origin(target) != _origin(self.base):
            raise NoAnswer(f"it redirects to another host, {_host(target)}; set forge.url")
        if message.method != "GET" and answer.status not in {307, 308}:
            raise NoAnswer("it redirects what is written; set forge.url and forge.repository")
        return replace(message, url=target, params={})

    def _accepted(self, message: Message, answer: Answer) -> Answer:
        if answer.status < 300:
            return answer
        if answer.status >= 500:
            raise NoAnswer(f"it answers {answer.status}")
        raise ForgeRefused(
            forge=self.name,
            request=f"{message.method} {urlsplit(message.url).path}",
            problem=self.told(f"{answer.status} {_reason(answer)}".rstrip()),
            status=answer.status,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except NoAnswer as error:
            raise ForgeUnreachable(forge=self.name, problem=self.told(str(error))) from None

    def told(self, text: str) -> str:
        """A forge, or a proxy in front of it, may repeat the token that it was sent."""
        for secret in self.credentials.secrets():
            text = text.replace(secret, "***")
        return safe_text(text[:MAX_PROBLEM])


def items(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise NoAnswer("its answer is not a list")
    return data


def next_link(header: str) -> str | None:
    """As of RFC 8288; httpx parses it for its own responses only."""
    for part in header.split(","):
        address, *attributes = part.split(";")
        if any(one.strip().replace('"', "") == "rel=next" for one in attributes):
            return address.strip().removeprefix("<").removesuffix(">")
    return None


def _reason(answer: Answer) -> str:
    """The message of a refusal, in the forms that forges use; details of single fields included."""
    try:
        data = answer.data()
    except NoAnswer:
        return ""
    if not isinstance(data, dict):
        return ""
    told = data.get("message") or data.get("error") or data.get("error_description") or ""
    if isinstance(told, dict):
        told = told.get("message") or told
    errors = data.get("errors")
    return f"{told} {errors}" if errors else str(told)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
