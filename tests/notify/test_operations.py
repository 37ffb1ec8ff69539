"""What people do: list and try notifications, and send or drop what could not be delivered."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_world import World
from notify_world import SECRET, Receiver, answered

from runner.model.notify.consumer import consumer_of

CANARY = "c4n4ry-0f-4-t0k3n"


def configured(world: World, *entries: dict[str, object], allow: str = "127.0.0.1") -> None:
    world.more = f"notifications: {json.dumps(entries)}\nnotify: {{allow_hosts: [{allow}]}}\n"
    world.configured()


def hook(receiver: Receiver, **more: object) -> dict[str, object]:
    return {"name": "ops", "to": f"http://${{env:HOOK}}@127.0.0.1:{receiver.port}/hook", **more}


@pytest.fixture
def world(tmp_path: Path, receiver: Receiver) -> World:
    world = World(tmp_path, environment={"HOOK": SECRET, "TOKEN": CANARY})
    configured(world, hook(receiver))
    world.stack("app")
    world.run("source", "sync")
    return world


def bury(world: World, count: int) -> list[int]:
    """Events that could not be delivered."""
    for _ in range(count):
        world.run("pause", "app", "--reason", "release")
    with world.app.store.writing() as writer:
        events = writer.events(0, {"stack.pause"})
        for event in events:
            writer.bury(consumer_of("ops"), event, "the other side is away")
    return [event.id for event in events]


def letters(world: World) -> list[int]:
    return [row["id"] for row in world.json("events", "--dead")]


def test_a_test_says_that_it_is_one(world: World, receiver: Receiver) -> None:
    assert "Sent a test to ops." in world.run("notify", "test", "ops", "--topic", "drift.open").output
    (got,) = receiver.requests
    assert (got.json["type"], got.json["data"]["test"]) == ("driftline.drift.open", True)
    assert not got.headers["webhook-id"].startswith("event-")


def test_two_tests_are_two_messages(world: World, receiver: Receiver) -> None:
    for _ in range(2):
        world.run("notify", "test", "ops")
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 2


def test_a_test_that_fails_says_why_without_the_address(world: World, receiver: Receiver) -> None:
    receiver.answer = answered(403)
    shown = world.run("notify", "test", "ops", expect=1)
    assert "127.0.0.1 answered 403" in shown.stderr
    assert "events --dead" not in shown.stderr  # a test that fails leaves no dead letter
    assert SECRET.removeprefix("whsec_") not in shown.output


def test_a_host_inside_the_network_says_how_to_allow_it(world: World, receiver: Receiver) -> None:
    configured(world, {"name": "ops", "to": "https://${env:HOOK}@127.0.0.1/"}, allow="")
    shown = world.run("notify", "test", "ops", expect=1)
    assert "add 127.0.0.1 to notify.allow_hosts" in shown.stderr


def test_a_name_or_a_topic_that_does_not_exist_is_refused(world: World) -> None:
    assert (
        'notification "nobody" is not in the configuration'
        in world.run("notify", "test", "nobody", expect=5).stderr
    )
    assert (
        'no topic is called "run.gone"'
        in world.run("notify", "test", "ops", "--topic", "run.gone", expect=64).stderr
    )


def test_a_list_has_no_secret_and_says_how_delivery_goes(world: World, receiver: Receiver) -> None:
    configured(
        world,
        hook(receiver),
        {"name": "chat", "to": f"slack://{CANARY}/${{env:TOKEN}}/x", "digest": "0 7 * * mon-fri"},
        {"name": "page", "to": ["TOKEN=${env:TOKEN}", "/usr/bin/page", CANARY]},
        {"name": "whole", "to": "${env:TOKEN}", "match": {"labels": {"env": "prod"}}},
    )
    shown = world.run("notify", "list").stdout
    rows: list[dict[str, Any]] = world.json("notify", "list")
    assert [row["way"] for row in rows] == ["http", "slack", "command", "${env:TOKEN}"]
    assert rows[3]["match"] == "labels env=prod"
    assert "run.awaiting_approval" in rows[0]["topics"]
    outputs = [
        shown,
        json.dumps(rows),
        world.run("config", "show").stdout,
        world.run("stack", "show", "app", "--rules").stdout,
    ]
    assert not any(CANARY in output for output in outputs)


def test_dead_letters_are_sent_again_one_by_one(world: World, receiver: Receiver) -> None:
    ids = bury(world, 3)
    (need,) = [need for need in world.json("status")["needs"] if need["why"] == "events"]
    assert need["command"] == "driftline notify retry ops --all"
    assert "Sent 3 events to ops." in world.run("notify", "retry", "ops", "--all").output
    assert [request.json["id"] for request in receiver.requests] == [f"event-{one}" for one in ids]
    assert letters(world) == []


def test_many_dead_letters_are_one_message(world: World, receiver: Receiver) -> None:
    bury(world, 6)
    world.run("notify", "retry", "ops", "--all")
    (got,) = receiver.requests
    assert got.json["data"]["count"] == 6


def test_what_is_not_sent_stays_a_dead_letter(world: World, receiver: Receiver) -> None:
    ids = bury(world, 2)
    receiver.answer = answered(500)
    world.run("notify", "retry", "ops", "--all", expect=1)
    assert letters(world) == ids


def test_one_dead_letter_is_sent_and_another_dropped(world: World, receiver: Receiver) -> None:
    first, second, third = bury(world, 3)
    world.run("notify", "retry", "ops", str(first))
    world.run("notify", "drop", "ops", str(second), "--yes")
    assert letters(world) == [third]
    assert len(receiver.requests) == 1
    actions = [(row["action"], row["subject"]) for row in world.json("audit", "log")]
    assert {("notify.retry", "ops"), ("notify.drop", "ops")} <= set(actions)
    assert "is no dead letter" in world.run("notify", "retry", "ops", str(first), expect=5).stderr


@pytest.mark.parametrize(
    "words", [["retry", "ops"], ["retry", "ops", "1", "--all"], ["drop", "ops", "--yes"]]
)
def test_all_or_one_has_to_be_said(world: World, words: list[str]) -> None:
    assert "--all" in world.run("notify", *words, expect=64).stderr


def test_doctor_tells_of_each_flaw(world: World, receiver: Receiver) -> None:
    configured(
        world,
        hook(receiver),
        {"name": "unsigned", "to": "https://hooks.example.com/"},
        {"name": "private", "to": "https://${env:HOOK}@10.0.0.5/"},
        {"name": "missing", "to": "json://${env:NOWHERE}@127.0.0.1/"},
        {"name": "unknown", "to": "nonsense://127.0.0.1/"},
        {"name": "gone", "to": ["/nowhere/page"]},
    )
    found = [row["message"] for row in world.json("doctor", expect=1) if row["check"] == "notifications"]
    assert [message.partition(": ")[0] for message in found] == [
        f'notification "{name}"' for name in ("unsigned", "private", "missing", "unknown", "gone")
    ]
    assert receiver.requests == []


def test_config_validate_tells_of_a_broken_template(world: World, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "event.md").write_text("{{ event.nothing }}")
    configured(world, hook(receiver, templates=str(tmp_path / "own")))
    assert "template event.md is broken" in world.run("config", "validate").output


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": "Ops"}, "expected 1 to 64 of a-z"),
        ({"to": "hooks.example.com"}, "expected an address such as https://"),
        ({"to": []}, "a command begins with the absolute path"),
        ({"to": ["page"]}, "a command begins with the absolute path"),
        ({"to": ["/usr/bin/page", "${env:TOKEN}"]}, "visible to all users"),
        ({"to": "https://${aws-secret:hook}@x.example/"}, "only ${cred:...}"),
        ({"to": "https://x.example/\r\nx: 1"}, "control characters"),
        ({"topics": ["runs.*"]}, "no topic matches this"),
        ({"at_most": "10"}, "expected a rate such as 10/h"),
        ({"at_most": "0/h"}, "expected a rate such as 10/h"),
        ({"digest": "0 7 * * 1-5"}, "write mon for 1"),
        ({"match": {"sources": ["nowhere"]}}, "no such source"),
        ({"channel": "x"}, "channel"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(
    world: World, receiver: Receiver, more: dict[str, object], message: str
) -> None:
    configured(world, {**hook(receiver), **more})
    shown = world.run("config", "validate", expect=78).output
    assert message in shown
    assert "notifications[0]" in shown


@pytest.mark.parametrize(
    "to",
    [
        "mailtos://drift:c4n4ry@mail.example.com",
        "https://whsec_c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry12@hooks.example.com/",
        "slack://c4n4ry/b/c/#ops",
    ],
)
def test_a_secret_in_clear_is_warned_about_and_not_shown(world: World, receiver: Receiver, to: str) -> None:
    configured(world, {**hook(receiver), "to": to})
    shown = world.run("config", "validate").output
    assert "notifications[0].to: this address has a secret in clear" in shown
    assert "c4n4ry" not in shown


@pytest.mark.parametrize(
    "to",
    [
        "mailtos://drift:${env:TOKEN}@mail.example.com?to=a@b.example",
        "mailto://mail.example.com",
        "${env:TOKEN}",
    ],
)
def test_an_address_without_a_secret_in_clear_is_not_warned_about(
    world: World, receiver: Receiver, to: str
) -> None:
    configured(world, {**hook(receiver), "to": to})
    assert "in clear" not in world.run("config", "validate").output


def test_two_notifications_have_two_names(world: World, receiver: Receiver) -> None:
    configured(world, hook(receiver), hook(receiver))
    assert "another notification already has this name" in world.run("config", "validate", expect=78).output


def test_a_pass_of_cron_delivers_at_its_end(world: World, receiver: Receiver) -> None:
    configured(world, hook(receiver, topics=["run.*"]))
    world.run("daemon", "--once")
    world.run("daemon", "--once")
    assert "run.queued" in {request.json["data"]["topic"] for request in receiver.requests}
