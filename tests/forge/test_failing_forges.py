"""A forge that fails delays nothing, and is shown: since when, why, and what to do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forge_server import TOKEN, Told
from kept_world import KeptWorld, at_forge
from pulls_world import module

from runner.errors import DriftlineError
from runner.model.forge.consumer import consumer_of


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptWorld]:
    with at_forge(tmp_path) as one:
        one.open(7, {"app/main.tf": module("new")})
        yield one


def failing(kept: KeptWorld) -> list[Any]:
    return [one for one in kept.world.json("status")["needs"] if one["why"] == "forge"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Told(401, {"message": f"bad credentials {TOKEN}"}), "401 bad credentials ***"),
        (Told(429, {}, {"Retry-After": "600"}), "accepts no more requests until"),
        (Told(503, b"<html>"), "cannot be reached: it answers 503"),
    ],
)
def test_a_failing_forge_needs_somebody(kept: KeptWorld, answer: Told, text: str) -> None:
    kept.fake.faults.append(lambda _asked: answer)
    kept.look()
    (need,) = failing(kept)
    assert (need["name"], need["command"], need["failure"]) == ("infra", "driftline doctor", False)
    assert text in need["text"]
    assert "its forge fails since" in need["text"]
    assert "retry" in need["text"]
    shown = kept.world.run("status").output
    assert "✗ forge  infra" in shown
    assert TOKEN not in shown


def test_a_forge_that_is_well_again_is_no_longer_shown(kept: KeptWorld) -> None:
    kept.fake.faults.append(lambda _asked: Told(503))
    kept.look()
    kept.fake.faults.clear()
    with kept.world.app.store.writing() as writer:
        cursor = writer.cursor(consumer_of("infra"))
        assert cursor is not None
        writer.save_cursor(cursor.after(0))  # as if its time had come
    kept.look()
    assert failing(kept) == []


def test_since_when_stays_with_the_first_failure(kept: KeptWorld) -> None:
    kept.fake.faults.append(lambda _asked: Told(503))
    one = kept.kept()
    one.look()
    before = kept.world.app
    with before.store.reading() as reader:
        first = reader.cursor(one.name)
    assert first is not None
    later = one._later(first, DriftlineError("again"), one.clock.now())
    assert later.failing_since == first.failing_since is not None


def test_a_write_that_is_refused_is_shown_until_it_is_made(kept: KeptWorld) -> None:
    kept.open(7, {"app/main.tf": module("newer")})
    kept.fake.world.writings.clear()
    kept.fake.faults.append(
        lambda asked: (
            Told(403, {"message": "locked"}) if asked.path.endswith("/7/comments") and asked.writes else None
        )
    )
    one = kept.kept()
    one.look()
    (need,) = failing(kept)
    assert "refused POST" in need["text"]
    assert "403 locked" in need["text"]
    kept.fake.faults.clear()
    one.written.clear()  # as an hour later
    one.read_soon()
    one.look()
    assert failing(kept) == []


def test_doctor_says_what_the_daemon_meets_at_a_forge(kept: KeptWorld) -> None:
    kept.fake.faults.append(lambda _asked: Told(503))
    kept.look()
    kept.fake.faults.clear()
    found = [
        one
        for one in json.loads(kept.world.run("doctor", "-o", "json", expect=None).stdout)
        if one["check"] == "forge infra"
    ]
    assert [one["state"] for one in found] == ["ok", "warn"]
    assert "the daemon fails there since" in found[1]["message"]
    assert found[1]["hint"]


def test_a_forge_that_was_removed_leaves_nothing_behind_after_a_single_pass(kept: KeptWorld) -> None:
    store = kept.world.app.store
    with store.reading() as reader:
        assert reader.cursor(consumer_of("infra")) is not None
        assert reader.forge_since("infra") is not None
    kept.world.previews = "{}"
    kept.world.configured()
    kept.world.once()
    with store.reading() as reader:
        assert reader.cursor(consumer_of("infra")) is None
        assert reader.forge_since("infra") is None
