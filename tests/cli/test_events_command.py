"""`driftline events`, and the journal that is made from the same feed."""

import json
import signal
from pathlib import Path

import pytest
import structlog
from cli_world import World, until

from runner.daemon.journal import Journal
from runner.errors import NotDelivered
from runner.model.events.feed import MAX_TRIES, TOPICS, FeedEvent
from runner.model.events.level import LEVELS, level_of
from runner.service.cycle.feed import deliver


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.stack("app")
    world.run("source", "sync")
    return world


def test_a_queued_plan_is_an_event(world: World) -> None:
    world.run("plan", "app", "--no-wait")
    topics = [event["topic"] for event in world.json("events")]
    assert topics[0] == "run.queued"
    (queued,) = world.json("events", "--topic", "run.queued")
    assert (queued["subject"], queued["payload"]["stack"]) == ("run-1", "app")
    assert "change run of app is queued" in world.run("events").stdout


def test_a_topic_that_does_not_exist_is_refused_with_those_that_do(world: World) -> None:
    answer = world.run("events", "--topic", "runs.*", expect=64)
    assert "no topic is called runs.*" in answer.stderr
    assert "run.*" in answer.stderr


def test_an_empty_feed_says_how_it_begins(world: World) -> None:
    assert "driftline plan STACK" in world.run("events").stderr


def test_events_of_another_stack_are_left_out(world: World) -> None:
    world.run("plan", "app", "--no-wait")
    assert world.json("events", "--stack", "elsewhere") == []
    assert world.json("events", "--stack", "app") != []


def test_following_writes_one_document_a_line_as_it_happens(world: World) -> None:
    world.run("plan", "app", "--no-wait")
    follower = world.start("events", "-f", "-o", "json")
    until(lambda: '"run.queued"' in follower.out)
    world.run("run", "cancel", "run-1")
    until(lambda: '"run.canceled"' in follower.out)
    follower.signal(signal.SIGINT)
    follower.ends(130)
    assert [json.loads(line)["topic"] for line in follower.out.splitlines()] == ["run.queued", "run.canceled"]


class _Away:
    name = "chat"
    topics = None

    def take(self, event: FeedEvent) -> None:
        raise NotDelivered("chat.example.com does not answer")


def test_status_shows_events_that_could_not_be_delivered(world: World) -> None:
    app = world.app
    deliver(app.store, app.clock, _Away())
    world.run("plan", "app", "--no-wait")
    with app.store.reading() as reader:
        (event, *_) = reader.events(0)
    with app.store.writing() as writer:
        writer.bury("chat", event, "chat.example.com does not answer")
    (need,) = [need for need in world.json("status", expect=0)["needs"] if need["why"] == "events"]
    assert (need["name"], need["text"], need["command"]) == (
        "chat",
        "1 event could not be delivered",
        "driftline events --dead",
    )
    assert "chat.example.com does not answer" in world.run("events", "--dead").stdout


@pytest.mark.parametrize(
    ("topic", "level"),
    [
        ("run.plan_failed", "warning"),
        ("run.drifted", "warning"),
        ("drift.open", "warning"),
        ("stack.missing", "warning"),
        ("run.interrupted", "error"),
        ("run.apply_failed", "error"),
        ("run.rejected", "info"),
        ("approval.give", "info"),
        ("run.applied", "info"),
    ],
)
def test_the_journal_logs_each_event_at_a_fitting_level(topic: str, level: str) -> None:
    assert topic in TOPICS
    assert LEVELS.get(topic, "info") == level


def test_levels_are_of_topics_that_exist() -> None:
    assert LEVELS.keys() <= TOPICS.keys()
    assert MAX_TRIES > 1


def test_a_line_of_the_journal_names_run_stack_person_and_reason(world: World) -> None:
    world.run("plan", "app", "--no-wait")
    world.run("run", "cancel", "run-1")
    with world.app.store.reading() as reader:
        *_, event = reader.events(0)
    structlog.reset_defaults()  # the command above has silenced the log below warnings
    with structlog.testing.capture_logs() as lines:
        Journal().take(event)
    (line,) = lines
    assert level_of(event) == "info"
    assert (line["event"], line["subject"], line["stack"]) == ("run.canceled", "run-1", "app")
    assert line["by"]
