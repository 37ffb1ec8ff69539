import re
from pathlib import Path

import pytest
from asked_daemon import AskedDaemon
from cli_world import World, planned
from page_world import Browser
from web_world import access

from runner.web.identity import caller as identity

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
ANYBODY = "approvals: {author_may_approve: true}\n"
PROVISIONED = """\
resource "terraform_data" "it" {{
  input = "<script>alert(1)</script>"
}}
resource "terraform_data" "other" {{
  for_each = toset(["a.b"])
  input    = each.key
}}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return planned(tmp_path, config=ANYBODY + access("ci"))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs Git is done by one, at once."""
    monkeypatch.setattr(identity, "DaemonProcess", AskedDaemon().process)


def form(page: str, action: str) -> dict[str, str | list[str]]:
    """What the form sends whose address ends so, as it is on the page."""
    return dict(HIDDEN.findall(page.partition(f"{action}")[2].partition("</form>")[0]))


def test_a_run_shows_what_it_would_do_and_asks(world: World) -> None:
    page = Browser(world).get("/runs/run-1")
    assert "Waits for approval" in page
    assert "terraform_data.it" in page
    assert 'action="/runs/run-1/approve"' in page


@pytest.mark.usefixtures("daemon")
def test_a_yes_in_the_form_approves_the_plan_that_was_shown(world: World) -> None:
    browser = Browser(world)
    shown = form(browser.get("/runs/run-1"), "/runs/run-1/approve")
    page = browser.after("/runs/run-1/approve", shown | {"comment": "looks right"})
    assert "You approved run-1 (1 of 1)" in page
    run = world.json("run", "show", "run-1")
    assert run["state"] == "approved"
    assert (run["approvals"][0]["by"], run["approvals"][0]["comment"]) == ("ci", "looks right")


@pytest.mark.usefixtures("daemon")
def test_a_yes_to_another_plan_is_refused_on_the_page(world: World) -> None:
    browser = Browser(world)
    shown = form(browser.get("/runs/run-1"), "/runs/run-1/approve")
    page = browser.after("/runs/run-1/approve", shown | {"digest": "0" * 64})
    assert "the plan of run-1 is" in page
    assert world.json("run", "show", "run-1")["state"] == "awaiting_approval"


def test_a_no_needs_a_reason(world: World) -> None:
    browser = Browser(world)
    assert browser.post("/runs/run-1/reject", {}).status_code == 400
    assert "You rejected run-1" in browser.after("/runs/run-1/reject", {"reason": "wrong region"})
    assert world.json("run", "show", "run-1")["state"] == "rejected"


def test_who_may_only_look_is_not_asked(tmp_path: Path) -> None:
    browser = Browser(planned(tmp_path, config=access("ci", "viewer")))
    page = browser.get("/runs/run-1")
    assert "Approving needs the role approver" in page
    assert 'action="/runs/run-1/approve"' not in page
    assert "role" in browser.after("/runs/run-1/approve", {"digest": "0" * 64})


def test_a_run_is_canceled_from_its_page(world: World) -> None:
    assert "run-1 is canceled" in Browser(world).after("/runs/run-1/cancel", {})


def test_values_and_addresses_of_a_plan_are_written_as_text(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app", module=PROVISIONED)
    world.run("plan", "app")
    page = Browser(world).get("/runs/run-1")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "terraform_data.other[&#34;a.b&#34;]" in page


@pytest.mark.parametrize("name", ["run-2", "1", "run-", "run-x", "run-" + "9" * 40])
def test_a_run_that_does_not_exist_is_not_found(world: World, name: str) -> None:
    assert "Not found" in Browser(world).get(f"/runs/{name}", 404)


def test_runs_are_listed_and_narrowed_down(world: World) -> None:
    browser = Browser(world)
    for query in ("", "?show=waiting", "?stack=app", "?show=waiting&stack=app&kind=change"):
        assert 'href="/runs/run-1"' in browser.get(f"/runs{query}")
    for query in ("?show=failed", "?kind=drift", "?before=run-1"):
        assert "No runs here" in browser.get(f"/runs{query}")


def test_an_error_is_shown_with_its_line_of_code_as_text(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.stack("app", module='locals {{ it = "<b>${{nope.x}}</b>" }}\n')
    world.run("plan", "app", expect=1)
    page = Browser(world).get("/runs/run-1")
    assert "1: locals { it = &#34;&lt;b&gt;${nope.x}&lt;/b&gt;&#34; }</span>" in page
    assert "^^^^" in page
    assert "<b>" not in page
