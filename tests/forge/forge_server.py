"""A forge on loopback: real HTTP, a table of routes, pages, ETags, and whatever fault a test wants."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from forge_world import Person, World

from runner.model.settings.forge import AppSettings

TOKEN = "canary-0f5e1d3c9b7a"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    raw_query: str = ""

    @property
    def writes(self) -> bool:
        return self.method != "GET"


@dataclass
class Told:
    """A body of bytes is sent as it is, others as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Fake:
    """A forge. A subclass has its `routes`: method, path and what answers; the number of a page is not its business."""

    kind: Literal["github", "gitlab", "gitea", "bitbucket", "bitbucket-server"]
    prefix = ""
    routes: ClassVar[Mapping[str, str]]  # "GET /repos/acme/infra/pulls": name of the method
    per_page = 100
    longest = 65_536  # characters of a comment
    has_labels = True
    tells_what_it_allows = True
    reviews_have_texts = True

    def __init__(self) -> None:
        self.world = World()
        self.asked: list[Asked] = []
        self.faults: list[Callable[[Asked], Told | None]] = []
        self.url = ""
        self.app: AppSettings | None = None
        self.checks = True
        self.pushes = True  # whether the token's account may write
        self.ends = ExitStack()  # closes what is connected to it
        self.wrong: list[Exception] = []

    @property
    def me(self) -> Person:
        return self.world.me

    def author(self, person: Person) -> str:
        """The name by which the forge knows somebody for good."""
        return person.login

    def plain(self, body: str) -> str:
        """A body as Driftline gave it."""
        return body

    def approval(self, body: str) -> str:
        return body

    @property
    def writes(self) -> list[Asked]:
        return [one for one in self.asked if one.writes]

    def answer(self, asked: Asked) -> Told:
        self.asked.append(asked)
        try:
            return self.judged(asked)
        except Exception as wrong:  # noqa: BLE001 - the test fails with it
            self.wrong.append(wrong)
            return Told(500)

    def judged(self, asked: Asked) -> Told:
        for fault in self.faults:
            if (told := fault(asked)) is not None:
                return told
        return self.judged_without_faults(asked)

    def judged_without_faults(self, asked: Asked) -> Told:
        if not self.knows(asked):
            return Told(401, {"message": "Bad credentials"})
        try:
            return self.routed(asked)
        except Refusal as refusal:
            return Told(refusal.status, {"message": refusal.message})

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def routed(self, asked: Asked) -> Told:
        for route, name in self.routes.items():
            method, _, path = route.partition(" ")
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
            match = re.fullmatch(self.prefix + pattern, asked.path)
            if method == asked.method and match:
                parts = {key: unquote(value) for key, value in match.groupdict().items()}
                found = getattr(self, name)(asked, **parts)
                told = found if isinstance(found, Told) else Told(201 if method == "POST" else 200, found)
                if self.checks and name != "add_pull":  # of which the kept descriptions have nothing
                    self.check(route, asked, told)
                return self.paged(asked, told)
        return Told(404, {"message": "Not Found"})

    def check(self, route: str, asked: Asked, told: Told) -> None:
        """Whether the forge's own description allows both."""

    def paged(self, asked: Asked, told: Told) -> Told:
        """Lists in pages, linked by a header, with an ETag."""
        if asked.method != "GET" or told.status != 200:
            return told
        if isinstance(told.body, list):
            page, size = int(asked.query.get("page", 1)), self.per_page
            whole, told.body = told.body, told.body[(page - 1) * size : page * size]
            if len(whole) > page * size:
                following = urlencode({**asked.query, "page": page + 1})
                told.headers["Link"] = f'<{self.url}{asked.path}?{following}>; rel="next"'
        etag = f'"{hashlib.sha256(json.dumps(told.body).encode()).hexdigest()}"'
        told.headers["ETag"] = etag
        if asked.headers.get("if-none-match") == etag:
            return Told(304, b"", {"ETag": etag})
        return told


@contextmanager
def served(fake: Fake) -> Iterator[Fake]:
    with listening(fake.answer) as url:
        fake.url = url
        with fake.ends:
            yield fake
    if fake.wrong:
        raise fake.wrong[0]


@contextmanager
def listening(answer: Callable[[Asked], Told]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            query = {
                name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = answer(Asked(self.command, parts.path, query, body, headers, parts.query))
            content = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response_only(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
