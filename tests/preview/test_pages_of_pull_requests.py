"""Pull requests on the dashboard: what they would do, and a review by a click."""

import re
from pathlib import Path

import pytest
from asked_daemon import AskedDaemon
from page_world import Browser
from pulls_world import PullsWorld, module, previewing
from web_world import access

from runner.web.identity import caller as identity


def test_a_pull_request_is_shown_with_its_previews(tmp_path: Path) -> None:
    world = previewing(tmp_path, config=access("ci"))
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    browser = Browser(world)
    text = browser.get("/pulls")
    assert "infra #7" in text
    run = world.preview(7)["id"]
    assert f"/runs/{run}" in text
    assert 'href="/pulls?ended=true#infra-7"' in browser.get(f"/runs/{run}")


def test_a_preview_is_reviewed_on_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "DaemonProcess", AskedDaemon().process)
    world = previewing(tmp_path, "apply: {on_merge: reviewed}\n", access("ci"))
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    run, browser = world.preview(7)["id"], Browser(world)
    text = browser.get(f"/runs/{run}")
    assert "A preview is never applied" in text
    assert "Reject instead" not in text
    fields = ("digest", "plan_digest", "binding_digest", "fingerprint", "changes")
    form = {name: _value(text, name) for name in fields}
    assert f"You approved {run}" in browser.after(f"/runs/{run}/approve", form)
    world.merge(7)
    world.once()
    assert world.json("run", "list", "--state", "applied", "--stack", "app")[0]["id"] != "run-1"


def test_a_fork_is_allowed_with_a_click(tmp_path: Path) -> None:
    world = PullsWorld(tmp_path, more=access("ci"), previews="{forks: approved}")
    world.stack("app")
    head = world.fork(7, {"app/main.tf": module("new")})
    world.once()
    browser = Browser(world)
    assert "Plan this head" in browser.get("/pulls")
    browser.after("/pulls/7/allow", {"source": "infra", "head": head})
    world.once()
    assert world.preview(7)["state"] == "planned"


def _value(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None
    return found[1]
