from dataclasses import replace
from pathlib import Path

from cli_world import World, planned
from page_world import Browser
from web_world import access

from runner.api.caller import Caller
from runner.model.access.role import Role
from runner.model.approval.approval import Person


def test_a_lock_is_taken_and_released_by_forms(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    browser = Browser(world)
    assert "Locked app." in browser.after("/locks", {"stack": "app", "reason": "<b>moving</b>"})
    text = browser.get("/locks")
    assert "&lt;b&gt;moving" in text
    assert "<b>moving" not in text
    assert "Release the lock of app" in browser.get("/locks?release=app")
    assert "Released the lock of app, which ci held" in browser.after(
        "/locks/release", {"stack": "app", "reason": "done"}
    )
    assert world.json("lock", "list") == []


def test_a_refusal_is_said_on_the_page(tmp_path: Path) -> None:
    browser = Browser(World(tmp_path, more=access("ci")))
    text = browser.after("/locks", {"stack": "nowhere", "reason": "moving"})
    assert "nowhere" in text
    assert "not found" in text


def test_a_long_refusal_in_any_script_fits_into_what_a_browser_keeps(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci"))
    world.run("lock", "take", "app", "-m", "引っ越し" * 400)
    browser, form = Browser(world), {"stack": "app", "reason": "moving"}
    for cookie in browser.post("/locks", form).headers.get_list("set-cookie"):
        assert len(cookie.partition(";")[0]) <= 4096
    assert "is locked by" in browser.get("/locks")


def test_whoever_owns_no_stack_is_offered_no_lock(tmp_path: Path) -> None:
    world = planned(tmp_path, config=access("ci", "operator"))
    world.run("lock", "take", "app", "-m", "moving")
    text = Browser(world).get("/locks")
    assert "Lock a stack" not in text
    assert "Release" not in text.replace("<th", "").replace('class="sr">Release</span></th>', "")


def test_a_page_asks_for_no_release_of_a_lock_that_is_not_there(tmp_path: Path) -> None:
    text = Browser(World(tmp_path, more=access("ci"))).get("/locks?release=%3Cscript%3E")
    assert "Release the lock" not in text


def test_a_server_that_changes_nothing_offers_no_change(tmp_path: Path) -> None:
    app = World(tmp_path).app
    owner = Caller(app, lambda: Person("ana", "user"))
    assert owner.may_change(Role.OWNER, "app")
    assert not replace(owner, app=replace(app, read_only=True)).may_change(Role.OWNER, "app")
