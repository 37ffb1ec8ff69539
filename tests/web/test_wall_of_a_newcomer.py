"""A web server that is older than everything in its data directory but the database."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from cli_world import World
from web_process import serving
from web_world import Served, access

from runner.api.http import PREFIX
from runner.api.table import operations
from runner.sandbox import landlock

pytestmark = pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")

PAGES = (
    *(
        "/",
        "/inbox",
        "/stacks",
        "/stacks/app",
        "/runs",
        "/runs/run-1",
        "/runs/run-1/log",
        "/drift",
        "/drift/dr-1",
    ),
    *(
        "/graph",
        "/graph.dot",
        "/promotions",
        "/trends",
        "/coverage",
        "/sources",
        "/audit",
        "/locks",
        "/tokens",
        "/metrics",
    ),
)
# What parts of addresses and of queries stand for below.
NAMES = {
    "stack": "app",
    "run": "1",
    "report": "1",
    "request": "1",
    "name": "infra",
    "source": "infra",
    "number": "1",
}
QUERY = {"/checks": "?runs=1", "/progress": "?runs=1", "/feed/next": "?after=0"}
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PUT", "/locks/app", {"reason": "moving"}),
    ("DELETE", "/locks/app", {"reason": "moved"}),
    ("PUT", "/pauses/app", {"reason": "moving"}),
    ("DELETE", "/pauses/app", {}),
    ("PUT", "/reports/1/acknowledgement", {"until": "2100-01-01T00:00:00Z", "reason": "known"}),
    ("POST", "/checks", {"stacks": ["app"]}),
    ("POST", "/plans/app", {}),
    ("POST", "/tokens", {"name": "second"}),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    world = World(tmp_path_factory.mktemp("newcomer"), more=access("ci"))
    token = Served(world).token("ci")  # makes the database
    with serving(world) as process:
        assert "web.confined" in process.started.err
        world.stack("app")
        world.applied("app")
        world.cloud.write_text("by hand\n")
        world.run("drift", "check", "app", expect=2)
        world.run("daemon", "--once", expect=None)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{process.port}", headers=headers, timeout=60) as one:
            yield one


@pytest.mark.parametrize("path", PAGES)
def test_each_page_shows_what_was_made_later(client: httpx2.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_no_answer_of_the_api_fails(client: httpx2.Client) -> None:
    reads = [one.path for one in operations() if one.method == "GET"]
    paths = [re.sub(r"{(\w+)}", lambda found: NAMES[found[1]], path) + QUERY.get(path, "") for path in reads]
    answers = {path: client.get(PREFIX + path) for path in paths}
    assert not {path: one.text for path, one in answers.items() if one.status_code == 500}


def test_artifacts_are_opened_and_checkpoints_are_compared(client: httpx2.Client) -> None:
    artifacts = client.get(f"{PREFIX}/runs/1/artifacts").json()
    assert artifacts
    for one in artifacts:
        assert client.get(f"{PREFIX}/runs/1/artifacts/{one}").status_code == 200
    verified = client.get(f"{PREFIX}/audit/verification").json()
    assert verified["checkpoints"]["count"] > 0


def test_what_is_asked_of_it_is_recorded(client: httpx2.Client) -> None:
    # In one test, since one builds on another: a lock is released that was taken before.
    for method, path, body in WRITES:
        answer = client.request(method, PREFIX + path, json=body)
        assert answer.is_success, (method, path, answer.text)
