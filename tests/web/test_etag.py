"""A look that has not changed is not sent again."""

from pathlib import Path

import httpx2
import pytest
from cli_world import World
from web_world import Served, access


@pytest.fixture
def client(tmp_path: Path) -> httpx2.Client:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("source", "sync")
    served = Served(world)
    return served.client(served.token("ci"))


def test_who_has_the_answer_gets_none(client: httpx2.Client) -> None:
    tag = client.get("/api/v1/locks").headers["etag"]
    answer = client.get("/api/v1/locks", headers={"If-None-Match": f'"another", {tag}'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_changed_answer_has_another_tag(client: httpx2.Client) -> None:
    tag = client.get("/api/v1/locks").headers["etag"]
    client.put("/api/v1/locks/app", json={"reason": "moving"})
    answer = client.get("/api/v1/locks", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


def test_answers_are_kept_by_nobody_in_between(client: httpx2.Client) -> None:
    answer = client.get("/api/v1/locks")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization, Cookie"
    assert client.put("/api/v1/locks/app", json={"reason": "x"}).headers["cache-control"] == "no-store"


def test_what_has_no_answer_has_no_content(client: httpx2.Client) -> None:
    client.post("/api/v1/tokens", json={"name": "other"})
    answer = client.delete("/api/v1/tokens/other")
    assert (answer.status_code, answer.content) == (204, b"")
