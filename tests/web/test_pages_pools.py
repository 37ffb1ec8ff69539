"""The page of pools: what it shows, and taking a pool out of work."""

from pathlib import Path

import pytest
from cli_world import World
from leased import CONFIG, POOLS, a_worker, applying
from page_world import Browser
from web_world import access, pass_time


def test_the_page_shows_pools_workers_and_what_they_execute(tmp_path: Path) -> None:
    text = Browser(applying(tmp_path)).get("/pools")
    assert '<span class="name">eu</span>' in text
    assert "region=eu" in text
    assert '<span class="name">w-1</span>' in text
    assert 'href="/runs/run-1"' in text
    assert "1 of 3" in text


def test_a_silent_worker_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = applying(tmp_path)
    browser = Browser(world)
    assert "silent" not in browser.get("/pools")
    pass_time(monkeypatch, hours=1)
    assert "silent, last heard 1 h ago" in browser.get("/pools")


def test_a_pool_is_drained_with_a_reason_and_resumed(tmp_path: Path) -> None:
    world = World(tmp_path, more=CONFIG)
    a_worker(world)
    browser = Browser(world)
    assert "Drain eu" in browser.get("/pools?drain=eu")
    text = browser.after("/pools/drain", {"pool": "eu", "reason": "<b>kernel</b>"})
    assert "Drained eu: no new run is offered to it." in text
    assert "&lt;b&gt;kernel" in text
    assert "<b>kernel" not in text
    assert "Resumed eu." in browser.after("/pools/resume", {"pool": "eu"})
    assert world.json("pool", "list")["pools"][0]["drained"] is None


def test_a_drain_of_an_unknown_pool_is_refused_on_the_page(tmp_path: Path) -> None:
    browser = Browser(World(tmp_path, more=CONFIG))
    assert "Drain us" not in browser.get("/pools?drain=us")
    assert "us" in browser.after("/pools/drain", {"pool": "us", "reason": "r"})


def test_whoever_owns_nothing_is_offered_no_drain(tmp_path: Path) -> None:
    config = access("ci", "operator") + "\n" + POOLS
    browser = Browser(World(tmp_path, more=config))
    text = browser.get("/pools?drain=eu")
    assert "Drain" not in text
    assert browser.post("/pools/drain", {"pool": "eu", "reason": "r"}).status_code != 200
    assert "drained" not in browser.get("/pools").replace("Drained", "")


def test_the_navigation_names_pools_where_there_are_any(tmp_path: Path) -> None:
    assert 'href="/pools"' in Browser(World(tmp_path, more=CONFIG)).get("/")


def test_without_pools_the_navigation_has_no_page_of_them(tmp_path: Path) -> None:
    browser = Browser(World(tmp_path, more=access("ci")))
    assert 'href="/pools"' not in browser.get("/")
    assert "No pools." in browser.get("/pools")
