"""Followers of the feed."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World

from runner.errors import TooManyFollowers
from runner.model.events.feed import FeedEvent, StackLeft
from runner.web.stream import feed, places
from runner.web.stream.events import _followed
from runner.web.stream.feed import BEHIND, Feed, Follower
from runner.web.stream.places import Places


def event(number: int) -> FeedEvent:
    return FeedEvent(number, datetime(2026, 1, 2, tzinfo=UTC), "stack.missing", "a", StackLeft("a"))


def test_a_follower_that_falls_behind_is_given_nothing_more() -> None:
    async def fall_behind() -> FeedEvent | None:
        follower = Follower()
        for number in range(BEHIND + 1):
            follower.give(event(number))
        return await follower.next(1)

    assert asyncio.run(fall_behind()) is None


def test_nobody_looks_while_nobody_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "EVERY_SECONDS", 0.001)
    made = Feed(World(tmp_path).app.store)

    async def follow() -> None:
        async with made.follow():
            look = made._look
            assert look is not None
        await look

    asyncio.run(follow())
    assert made._look is None


def test_streams_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST", 2)
    taken = Places()
    with taken.held("ana"), taken.held("bo"), pytest.raises(TooManyFollowers, match="all clients may have 2"):
        taken.refuse_more("cy")
    taken.refuse_more("cy")


def test_one_person_leaves_streams_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_OF_ONE", 1)
    taken = Places()
    with taken.held("ana"):
        with pytest.raises(TooManyFollowers, match="ana may have 1"):
            taken.refuse_more("ana")
        taken.refuse_more("bo")
    taken.refuse_more("ana")


def test_a_database_that_is_gone_ends_every_follower(tmp_path: Path) -> None:
    world = World(tmp_path)
    made = Feed(world.app.store)

    async def follow() -> FeedEvent | None:
        async with made.follow() as follower:
            (world.root / "data" / "driftline.db").unlink()
            return await follower.next(10)

    assert asyncio.run(follow()) is None


def test_what_happens_while_the_answer_begins_is_followed_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("source", "sync")
    made = Feed(world.app.store)
    head = made.head()
    world.run("pause", "app", "--reason", "moving")

    async def follow() -> list[str]:
        async with made.follow() as follower:
            followed = _followed(made, follower, None, head)
            found = [await anext(followed), await anext(followed)]
            await followed.aclose()
            return [getattr(one, "topic", "") for one in found]

    assert asyncio.run(follow()) == ["", "stack.pause"]
