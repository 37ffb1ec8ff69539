"""The page of notifications: how the delivery of each goes, and what people do about it."""

from pathlib import Path

import pytest
from asked_daemon import AskedDaemon
from cli_world import World
from page_world import Browser
from web_world import access

from runner.errors import NotDelivered
from runner.model.notify.consumer import consumer_of
from runner.notify.channels import Resolving
from runner.web.identity import caller as identity

SECRET = "c4n4ry-0f-4-t0k3n"
CONFIG = """
notifications:
  - {{name: ops, to: "https://${{env:HOOK}}@hooks.example.com/"}}
  - {{name: mornings, to: ["/bin/true"], digest: "0 7 * * mon-fri"}}
{access}
"""


def world_of(root: Path, role: str = "admin") -> World:
    world = World(root, more=CONFIG.format(access=access("ci", role)), environment={"HOOK": SECRET})
    world.stack("app")
    world.run("source", "sync")
    return world


def bury(world: World, count: int) -> list[int]:
    """Events that could not be delivered to `ops`."""
    for _ in range(count):
        world.run("pause", "app", "--reason", "<b>release</b>")
    with world.app.store.writing() as writer:
        events = writer.events(0, {"stack.pause"})
        for event in events:
            writer.bury(consumer_of("ops"), event, "the other side is away")
    return [event.id for event in events]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of what was sent; a daemon in this process sends it."""
    keys: list[str] = []
    monkeypatch.setattr(identity, "DaemonProcess", AskedDaemon().process)
    monkeypatch.setattr(Resolving, "send", lambda _, message: keys.append(message.key))
    return keys


def test_each_notification_says_how_its_delivery_goes(tmp_path: Path) -> None:
    text = Browser(world_of(tmp_path)).get("/notifications")
    assert "digest 0 7 * * mon-fri" in text
    assert "at most 30/h" in text
    assert "nothing sent yet" in text
    assert SECRET not in text
    assert "hooks.example.com" not in text


def test_dead_letters_are_listed_with_their_reason(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    bury(world, 2)
    text = Browser(world).get("/notifications")
    assert "2 dead letters" in text
    assert "the other side is away" in text
    assert "&lt;b&gt;release" in text
    assert "<b>release" not in text


def test_a_test_is_sent_from_the_page(tmp_path: Path, sent: list[str]) -> None:
    assert "Sent a test to ops." in Browser(world_of(tmp_path)).after("/notifications/test", {"name": "ops"})
    assert [key.startswith("test-") for key in sent] == [True]


def test_a_test_that_fails_says_why_on_the_page(
    tmp_path: Path, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NotDelivered("the other side answered 403")

    monkeypatch.setattr(Resolving, "send", refuse)
    text = Browser(world_of(tmp_path)).after("/notifications/test", {"name": "ops"})
    assert "the other side answered 403" in text
    assert sent == []


def test_one_dead_letter_or_all_are_sent_again(tmp_path: Path, sent: list[str]) -> None:
    world = world_of(tmp_path)
    first, *_ = bury(world, 3)
    browser = Browser(world)
    one = {"name": "ops", "event": str(first)}
    assert "Sent 1 event to ops." in browser.after("/notifications/retry", one)
    assert "Sent 2 events to ops." in browser.after("/notifications/retry", {"name": "ops"})
    assert len(sent) == 3
    assert world.json("events", "--dead") == []


def test_dead_letters_are_dropped_once_somebody_said_yes(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    first, *_ = bury(world, 3)
    browser = Browser(world)
    assert f"Drop event {first} of ops?" in browser.get(f"/notifications?drop=ops&event={first}")
    assert "Drop 3 dead letters of ops?" in browser.get("/notifications?drop=ops")
    one = {"name": "ops", "event": str(first)}
    assert "Dropped 1 event of ops." in browser.after("/notifications/drop", one)
    assert "Dropped 2 events of ops." in browser.after("/notifications/drop", {"name": "ops"})


def test_an_operator_is_offered_to_send_and_not_to_drop(tmp_path: Path) -> None:
    world = world_of(tmp_path, "operator")
    bury(world, 2)
    text = Browser(world).get("/notifications?drop=ops")
    assert "Retry all" in text
    assert "Send a test" in text
    assert "Drop" not in text


def test_a_viewer_is_shown_neither_the_page_nor_the_way_to_it(tmp_path: Path) -> None:
    browser = Browser(world_of(tmp_path, "viewer"))
    browser.get("/notifications", status=403)
    assert "/notifications" not in browser.get("/")


def test_undelivered_events_lead_from_the_overview_to_the_page(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    bury(world, 1)
    assert '<a class="name" href="/notifications">' in Browser(world).get("/")
