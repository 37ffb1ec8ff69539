"""The daemon delivers: each notification by itself, with the settings that it has now, and without a secret anywhere."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cli_world import Started, World, until
from notify_world import SECRET, Receiver, answered


def entry(receiver: Receiver, name: str = "ops", **more: object) -> dict[str, object]:
    to = f"http://${{env:HOOK}}@127.0.0.1:{receiver.port}/{name}"
    return {"name": name, "to": to, "topics": ["stack.pause"], "at_most": None, **more}


def configured(world: World, *entries: dict[str, object]) -> None:
    world.more = f"notifications: {json.dumps(entries)}\nnotify: {{allow_hosts: [127.0.0.1]}}\n"
    world.configured()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, environment={"HOOK": SECRET})
    world.stack("app")
    world.run("source", "sync")
    return world


@pytest.fixture
def other() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def begun(world: World) -> Started:
    daemon = world.start("daemon")
    daemon.says("daemon.ready")
    return daemon


def test_an_event_reaches_a_webhook(world: World, receiver: Receiver) -> None:
    configured(world, entry(receiver))
    daemon = begun(world)
    world.run("pause", "app", "--reason", "release")
    until(lambda: bool(receiver.requests))
    daemon.signal(signal.SIGTERM)
    daemon.ends(0)
    (got,) = receiver.requests
    assert got.json["data"]["payload"]["reason"] == "release"


@contextmanager
def hanging(receiver: Receiver) -> Iterator[None]:
    leaves = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        leaves.wait(60)
        with suppress(OSError):
            answered(200)(handler)

    receiver.answer = hang
    yield
    leaves.set()
    receiver.answer = answered(200)


def test_a_channel_that_hangs_delays_no_other(world: World, receiver: Receiver, other: Receiver) -> None:
    configured(world, entry(receiver, "slow"), entry(other, "quick"))
    with hanging(receiver):
        daemon = begun(world)
        for _ in range(3):
            world.run("pause", "app", "--reason", "release")
        until(lambda: len(other.requests) == 3)
        assert len(receiver.requests) == 1
        daemon.signal(signal.SIGTERM)
        daemon.ends(0)


def test_what_was_on_its_way_at_a_kill_is_sent_again_with_the_same_key(
    world: World, receiver: Receiver
) -> None:
    configured(world, entry(receiver))
    with hanging(receiver):
        daemon = begun(world)
        world.run("pause", "app", "--reason", "release")
        until(lambda: bool(receiver.requests))
        daemon.end()
    daemon = begun(world)
    until(lambda: len(receiver.requests) == 2)
    daemon.signal(signal.SIGTERM)
    daemon.ends(0)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_reload_begins_and_ends_notifications(world: World, receiver: Receiver, other: Receiver) -> None:
    configured(world, entry(receiver, "old"))
    daemon = begun(world)
    world.run("pause", "app", "--reason", "first")
    until(lambda: bool(receiver.requests))
    configured(world, entry(other, "new"))
    daemon.signal(signal.SIGHUP)
    daemon.says("daemon.reloaded")
    world.run("pause", "app", "--reason", "second")
    until(lambda: bool(other.requests))
    daemon.signal(signal.SIGTERM)
    daemon.ends(0)
    assert [request.json["data"]["payload"]["reason"] for request in receiver.requests] == ["first"]
    assert [request.json["data"]["payload"]["reason"] for request in other.requests] == ["second"]
    with world.app.store.reading() as reader:
        assert {cursor.consumer for cursor in reader.cursors()} == {"journal", "notify/new"}


def test_a_secret_is_nowhere_but_in_the_signature(world: World, receiver: Receiver) -> None:
    receiver.answer = answered(500)
    configured(world, entry(receiver), {**entry(receiver, "json"), "to": "json://u:${env:HOOK}@127.0.0.1:1/"})
    daemon = begun(world)
    world.run("pause", "app", "--reason", "release")
    until(lambda: bool(receiver.requests))
    until(lambda: all(_failed(world, name) for name in ("ops", "json")))
    daemon.signal(signal.SIGTERM)
    out, err = daemon.ends(0)
    written = [path.read_bytes() for path in (world.root / "data").rglob("*") if path.is_file()]
    shown = [world.run("config", "show").output, world.run("status", "-o", "json").output, out, err]
    key = SECRET.removeprefix("whsec_")
    assert not any(key.encode() in content for content in written)
    assert not any(key in text for text in shown)
    assert key not in receiver.requests[0].body.decode() + str(receiver.requests[0].headers)


def _failed(world: World, name: str) -> bool:
    with world.app.store.reading() as reader:
        cursor = reader.cursor(f"notify/{name}")
        return cursor is not None and bool(cursor.problem)
