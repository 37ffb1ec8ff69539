"""A World, seen by somebody who looks at pages."""

import re
from collections.abc import Mapping
from typing import Any

import httpx2
from cli_world import World
from web_world import Served

_LINK = re.compile(r'<a class="id" href="[^"]+">([^<]+)</a>')
BROWSER = {"accept": "text/html"}


class Browser:
    """Of whoever has the token `ci`."""

    def __init__(self, world: World) -> None:
        served = Served(world)
        self._client = served.client(served.token("ci"))

    def get(self, path: str, status: int = 200) -> str:
        answer = self._client.get(path, headers=BROWSER)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx2.Response:
        """The answer itself: not the page that it leads to."""
        return self._client.post(path, data=form, headers=BROWSER, follow_redirects=False)

    def after(self, path: str, form: Mapping[str, str | list[str]]) -> str:
        """The page that the form leads to, without the links to runs and reports in its words."""
        return _LINK.sub(r"\1", self.shown_after(path, form))

    def shown_after(self, path: str, form: Mapping[str, str | list[str]]) -> str:
        answer = self.post(path, form)
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])

    def json(self, path: str) -> Any:
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def policy(self, path: str) -> str:
        return self._client.get(path, headers=BROWSER).headers["content-security-policy"]
