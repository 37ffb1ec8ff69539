"""What a person reads on a page and where they go on from there."""

from pathlib import Path

import pytest
from asked_daemon import AskedDaemon
from cli_world import World, applied, planned
from page_world import Browser
from web_world import access

from runner.web.dashboard.html import linked, marked
from runner.web.identity import caller as identity

FAILS = 'resource "terraform_data" "it" {{\n  provisioner "local-exec" {{ command = "exit 3" }}\n}}\n'


@pytest.fixture
def failed(tmp_path: Path) -> World:
    """Whose apply of run-1 failed."""
    world = World(tmp_path, more=access("ci"))
    world.config.write_text(
        world.config.read_text().replace('repository"}', 'repository", allow: {provisioners: true}}')
    )
    world.stack("app", module=FAILS)
    world.run("plan", "app")
    world.approve("run-1")
    world.run("apply", "run-1", expect=1)
    return world


def test_a_failed_apply_says_what_comes_next_as_long_as_it_is_the_last(failed: World) -> None:
    browser = Browser(failed)
    page = browser.get("/runs/run-1")
    assert "app stays locked until somebody has looked at its infrastructure" in page
    assert "driftline lock release app" in page
    assert "next          driftline lock release app" in failed.run("run", "show", "run-1").stdout
    failed.run("lock", "release", "app", "--reason", "looked at it")
    page = browser.get("/runs/run-1")
    assert "stays locked" not in page
    assert '<code class="command">driftline plan app</code>' in page
    failed.run("plan", "app")
    assert "driftline plan app" not in browser.get("/runs/run-1")


@pytest.mark.parametrize(("do", "said"), [("plan", "will plan it"), ("check", "will check it for drift")])
def test_the_message_after_a_form_leads_to_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: str, said: str
) -> None:
    monkeypatch.setattr(identity, "DaemonProcess", AskedDaemon().process)
    page = Browser(applied(tmp_path, config=access("ci"))).shown_after("/stacks/app", {"do": do})
    assert f'<a class="id" href="/runs/run-2">run-2</a> {said}' in page


def test_only_whole_names_of_runs_are_links_and_text_stays_text() -> None:
    assert linked("dr-3 of run-2, x-run-1, run-1x, a/run-4 <b>") == (
        '<a class="id" href="/drift/dr-3">dr-3</a> of <a class="id" href="/runs/run-2">run-2</a>, '
        "x-run-1, run-1x, a/run-4 &lt;b&gt;"
    )


def test_backquotes_are_code() -> None:
    assert marked("one `<a>` two") == "one <code>&lt;a&gt;</code> two"


def test_the_page_of_the_api_shows_no_backquotes(tmp_path: Path) -> None:
    page = Browser(World(tmp_path, more=access("ci"))).get("/api/docs")
    assert "<code>env=prod</code>" in page
    assert "`" not in page


def test_the_overview_says_why_the_list_is_longer(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    world.commit({"odd/stack.yaml": "name: odd\naprovals: 2\n"})
    world.run("source", "sync", expect=None)
    assert len(world.json("stack", "list")) == 2
    assert world.json("status")["stacks"]["newcomers"] == 1
    assert "1: 0 synced, and 1 new with problems in Git" in world.run("status").stdout
    assert "1 new with problems in Git" in Browser(world).get("/")


def test_what_was_never_applied_is_told_no_time_of_a_check(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    assert world.json("stack", "show", "app")["next_check_at"] is None
    assert "begins with the first apply" in Browser(world).get("/stacks/app")
