from pathlib import Path

import pytest
from cli_world import World
from page_world import Browser
from web_world import access

from runner.api.daemon_process import DaemonProcess


def test_a_source_shows_its_last_poll_and_its_problems(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app")
    world.commit({"broken/stack.yaml": "name: <b>broken</b>\nlabels: 7\n"})
    world.run("source", "sync", expect=None)
    text = Browser(world).get("/sources")
    assert "infra" in text
    assert "Poll now" in text
    assert "broken/stack.yaml" in text
    assert "<b>broken" not in text


def test_whoever_is_no_admin_is_offered_no_poll(tmp_path: Path) -> None:
    assert "Poll now" not in Browser(World(tmp_path, more=access("ci", "owner"))).get("/sources")


def test_without_a_daemon_a_poll_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DaemonProcess, "alive", lambda *_: None)
    text = Browser(World(tmp_path, more=access("ci"))).after("/sources", {"source": "infra"})
    assert "daemon" in text
