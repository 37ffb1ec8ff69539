"""Nobody is asked for an approval that a review of the pull request gives in the same moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from notify_world import Told, notified
from pulls_world import PullsWorld, module, previewing

from runner.host.clock import SystemClock
from runner.model.events.feed import Cursor
from runner.service.cycle.notify import notify
from runner.worker import Worker

REVIEWED = "apply: {on_merge: reviewed}\n"
TOPICS = ("run.awaiting_approval", "run.applied")


@dataclass
class Later:
    seconds: float = 0

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=self.seconds)


@pytest.fixture
def world(tmp_path: Path) -> PullsWorld:
    """Request 7 has been reviewed by one person."""
    world = previewing(tmp_path, REVIEWED)
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    preview = world.preview(7)
    world.run("approve", preview["id"], "--digest", preview["binding_digest"], "--yes")
    world.merge(7)
    return world


def listening(world: PullsWorld) -> Callable[[float], list[str]]:
    """What it has heard so far, some seconds from now."""
    told = Told()
    to, store = notified(told, topics=TOPICS), world.app.store
    with store.reading() as reader:
        begin = reader.events_head()

    def heard(seconds: float = 0) -> list[str]:
        with store.writing() as writer:
            if writer.cursor(to.consumer) is None:  # a pass forgets those that are not configured
                writer.save_cursor(Cursor(to.consumer, begin))
        while notify(store, Later(seconds), to):
            pass
        return [message.told[0].topic for message in told.messages]

    return heard


def test_a_merge_that_its_reviews_approve_asks_nobody(world: PullsWorld) -> None:
    heard = listening(world)
    world.once()
    assert heard(0) == ["run.applied"]


def test_a_merge_asks_once_it_is_known_that_its_reviews_are_too_few(
    world: PullsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.more = "approvals: {required: 2}\n"
    world.configured()
    heard = listening(world)
    with monkeypatch.context() as patched:
        patched.setattr(Worker, "carry_reviews", lambda _: [])
        world.once()
    assert heard(0) == []
    world.app.worker.carry_reviews()
    assert heard(0) == ["run.awaiting_approval"]


def test_a_merge_whose_reviews_are_not_looked_at_asks_after_a_while(
    world: PullsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "carry_reviews", lambda _: [])
    heard = listening(world)
    world.once()
    assert (heard(0), heard(31)) == ([], ["run.awaiting_approval"])
