"""A browser in this process: it keeps cookies, and fills in forms as they are."""

import re
from dataclasses import dataclass, field

import httpx2
from fastapi.testclient import TestClient
from web_world import Served

from runner.web.application import application

CSRF = re.compile(r'name="csrf" value="([^"]*)"')


@dataclass
class Browser:
    served: Served
    base: str = "http://127.0.0.1"
    http: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = TestClient(application(self.served.world.app), base_url=self.base, follow_redirects=False)

    def csrf(self, page: str = "/login") -> str:
        found = CSRF.search(self.http.get(page).text)
        assert found is not None, page
        return found[1]

    def plant(self, name: str, value: str) -> None:
        """Set a cookie as somebody else would."""
        self.http.cookies.clear()
        self.http.cookies.set(name, value)

    def log_in(self, secret: str, **more: str) -> httpx2.Response:
        return self.http.post("/login", data={"secret": secret, "csrf": self.csrf(), **more})
