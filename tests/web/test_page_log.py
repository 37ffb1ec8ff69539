import json
from pathlib import Path

import httpx2
import pytest
from cli_world import World, planned
from live import live
from page_world import Browser
from web_world import Served, access

from runner.web.dashboard import log


def stream(world: World, path: str, last: str | None = None) -> list[tuple[str, str]]:
    """The name and the text of every event."""
    served = Served(world)
    headers = {"Last-Event-ID": last} if last else {}
    answer = served.client(served.token("ci")).get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    text = answer.text.replace("\r\n", "\n")
    found = []
    for event in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["event"], fields.get("data", "")))
    return found


def test_each_line_of_the_log_has_an_address(tmp_path: Path) -> None:
    page = Browser(planned(tmp_path, config=access("ci"))).get("/runs/run-1/log")
    assert '<li id="L1">=== prepare</li>' in page


def test_the_log_is_saved_as_a_file(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    assert Browser(world).get("/runs/run-1/log.txt") == world.run("logs", "run-1").stdout


def test_a_log_that_is_followed_comes_to_its_end(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    events = stream(world, "/api/v1/runs/1/log/stream")
    assert [name for name, _ in events] == ["lines", "over"]
    assert json.loads(events[0][1]) == world.run("logs", "run-1").stdout


def test_a_browser_that_lost_the_connection_goes_on_where_it_was(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    text = world.run("logs", "run-1").stdout
    events = stream(world, "/api/v1/runs/1/log/stream?offset=0", last="20")
    assert json.loads(events[0][1]) == text[20:]


def test_lines_of_a_log_are_written_as_text(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    world.app.workspaces.log(1).write_text("<script>alert(1)</script>\n")
    assert "<script>alert" not in Browser(world).get("/runs/run-1/log")


def test_programs_follow_the_log_in_the_same_way(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    text = world.run("logs", "run-1").stdout
    events = stream(world, "/api/v1/runs/run-1/log/stream?offset=5", last="20")
    assert events == [("lines", json.dumps(text[20:])), ("over", "")]


def test_a_revoked_token_ends_a_log_that_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "ASK", 0.05)
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.run("source", "sync")
    secret = Served(world).token("ci")
    headers = {"Authorization": f"Bearer {secret}"}
    with live(world.app) as address, httpx2.Client(base_url=address, headers=headers, timeout=8) as client:
        run = client.post("/api/v1/plans/app").json()["run"]["id"]
        with client.stream("GET", f"/api/v1/runs/{run}/log/stream") as answer:
            assert answer.status_code == 200
            world.run("token", "revoke", "ci")
            assert "over" not in "".join(answer.iter_text())  # which ends


@pytest.mark.parametrize(
    "run", ["..%2F..%2Fdriftline", "%2e%2e%2fdriftline.db", "run-1%2F..%2F..%2Fkeys%2Fweb", "run-1%00"]
)
@pytest.mark.parametrize(
    "route", ["/runs/{}/log", "/runs/{}/log.txt", "/api/v1/runs/{}/log", "/api/v1/runs/{}/artifacts"]
)
def test_a_log_is_found_by_the_number_of_its_run_alone(tmp_path: Path, route: str, run: str) -> None:
    served = Served(World(tmp_path, more=access("ci")))
    answer = served.client(served.token("ci")).get(route.format(run))
    assert answer.status_code in {400, 404}
    assert b"SQLite format" not in answer.content
