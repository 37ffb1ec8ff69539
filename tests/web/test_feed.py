"""Followers of the feed."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World

from runner.errors import TooManyFollowers
from runner.model.events.feed import FeedEvent, StackLeft
from runner.web.stream import feed
from runner.web.stream.feed import BEHIND, Feed, Follower


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


def test_followers_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST", 1)
    made = Feed(World(tmp_path).app.store)

    async def follow() -> None:
        made.refuse_more()
        async with made.follow():
            made.refuse_more()

    with pytest.raises(TooManyFollowers):
        asyncio.run(follow())


def test_a_database_that_is_gone_ends_every_follower(tmp_path: Path) -> None:
    world = World(tmp_path)
    made = Feed(world.app.store)

    async def follow() -> FeedEvent | None:
        async with made.follow() as follower:
            (world.root / "data" / "driftline.db").unlink()
            return await follower.next(10)

    assert asyncio.run(follow()) is None
