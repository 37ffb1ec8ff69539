from pathlib import Path

import pytest
from cli_world import World, applied, planned
from page_world import Browser
from web_world import access

HOSTILE = """labels: {env: "<script>alert(1)</script>"}\n"""


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(planned(tmp_path, config=access("ci")))


def test_the_list_says_how_each_stack_stands(browser: Browser) -> None:
    text = browser.get("/stacks")
    assert 'href="/stacks/app"' in text
    assert "</svg>new</td>" in text
    assert "unknown" not in text
    assert "run-1 waits for approval" in text


def test_the_list_is_narrowed_down_by_its_address(browser: Browser) -> None:
    assert 'href="/stacks/app"' in browser.get("/stacks?sync=unknown&label=env=test&q=APP")
    for other in ("sync=synced", "drift=drifted", "label=env=prod", "q=nothing"):
        text = browser.get(f"/stacks?{other}")
        assert 'href="/stacks/app"' not in text
        assert "No stack matches" in text


def test_a_stack_says_why_it_does_not_act(browser: Browser) -> None:
    text = browser.get("/stacks/app")
    assert "run-1 waits for approval (0 of 1)" in text
    assert "<span>new</span>" in text
    assert "1 approval" in text


def test_a_stack_that_was_never_sound_has_a_page(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.commit({"odd/stack.yaml": "name: odd\naprovals: 2\n"})
    world.run("source", "sync", expect=None)
    browser = Browser(world)
    assert "never planned" in browser.get("/stacks")
    assert "unknown key" in browser.get("/stacks/odd")


def test_an_unknown_stack_is_not_found(browser: Browser) -> None:
    assert "Not found" in browser.get("/stacks/nothing", 404)


def test_labels_are_written_as_text(tmp_path: Path) -> None:
    world = World(tmp_path, more=access("ci"))
    world.commit({"app/stack.yaml": f"name: app\n{HOSTILE}", "app/main.tf": ""})
    world.run("source", "sync")
    browser = Browser(world)
    for path in ("/stacks", "/stacks/app"):
        text = browser.get(path)
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_a_stack_is_planned_from_its_page(browser: Browser) -> None:
    assert "run-2 will plan it" in browser.after("/stacks/app", {"do": "plan"})


def test_a_stack_is_locked_and_released_from_its_page(browser: Browser) -> None:
    page = browser.after("/stacks/app", {"do": "lock", "reason": "moving its state"})
    assert "Locked app" in page
    assert "locked by ci: moving its state" in page
    assert "Released the lock of ci" in browser.after("/stacks/app", {"do": "release", "reason": "moved"})


def test_nothing_else_can_be_asked_of_a_stack(browser: Browser) -> None:
    assert "expected one of" in browser.after("/stacks/app", {"do": "destroy"})


def test_who_may_only_look_is_offered_nothing(tmp_path: Path) -> None:
    browser = Browser(planned(tmp_path, config=access("ci", "viewer")))
    assert 'name="do"' not in browser.get("/stacks/app")
    assert 'class="said fail"' in browser.after("/stacks/app", {"do": "lock", "reason": "mine"})


def test_a_stack_is_paused_for_a_while_and_resumed_from_its_page(browser: Browser) -> None:
    form = {"do": "pause", "reason": "load test", "length": "4h"}
    page = browser.after("/stacks/app", form)
    assert "Paused app until" in page
    assert "load test" in page
    assert "Resumed app" in browser.after("/stacks/app", {"do": "resume"})


def test_a_pause_is_not_as_long_as_a_form_may_say(browser: Browser) -> None:
    assert "expected a length" in browser.after("/stacks/app", {"do": "pause", "reason": "no", "length": "x"})


def test_a_stack_is_checked_for_drift_from_its_page(tmp_path: Path) -> None:
    browser = Browser(applied(tmp_path, config=access("ci")))
    assert "run-2 will check it for drift" in browser.after("/stacks/app", {"do": "check"})
