"""Pages are sent in few bytes, except where their length could tell somebody else what they say."""

from pathlib import Path

import httpx2
import pytest
from cli_world import World
from web_world import Served, access

from runner.web.dashboard.packed import _PADDING

MINE = {"accept": "text/html", "accept-encoding": "gzip", "sec-fetch-site": "same-origin"}


@pytest.fixture
def client(tmp_path: Path) -> httpx2.Client:
    served = Served(World(tmp_path, more=access("ci")))
    return served.client(served.token("ci"))


def test_a_page_is_packed(client: httpx2.Client) -> None:
    answer = client.get("/stacks", headers=MINE)
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content) / 2
    assert "</html>" in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
def test_a_page_that_another_site_leads_to_is_not_packed(client: httpx2.Client, site: str) -> None:
    answer = client.get("/stacks?q=guess", headers=MINE | {"sec-fetch-site": site})
    assert "content-encoding" not in answer.headers


def test_nor_is_one_for_a_client_that_cannot_unpack_it(client: httpx2.Client) -> None:
    assert "content-encoding" not in client.get("/stacks", headers=MINE | {"accept-encoding": "br"}).headers


def test_the_length_of_a_packed_page_tells_little(client: httpx2.Client) -> None:
    lengths = {client.get("/login", headers=MINE).headers["content-length"] for _ in range(20)}
    assert 5 < len(lengths) <= _PADDING
