"""What becomes of a stack that leaves Git, on the screen and by commands."""

import shutil
from pathlib import Path

import pytest
from cli_world import World

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With a stack `net` that is applied."""
    made = World(tmp_path)
    made.stack("net")
    made.applied("net")
    return made


def call_it(world: World, declared: str) -> None:
    world.commit({"net/stack.yaml": declared})
    world.run("source", "sync", expect=None)


# Another name


def test_a_question_is_shown_with_its_answers(world: World) -> None:
    call_it(world, "name: network\n")
    needs = {need["name"]: need for need in world.json("status")["needs"]}
    assert "driftline stack rename net network" in needs["infra"]["text"]
    assert world.json("stack", "show", "network")["health"] == "error"
    assert "driftline stack forget net" in world.run("plan", "network", expect=None).stderr
    assert [run["stack"] for run in world.json("run", "list")] == ["net"]


def test_the_command_answers_it(world: World) -> None:
    call_it(world, "name: network\n")
    assert "net is network now" in world.run("stack", "rename", "net", "network", "--yes").stderr
    (run,) = world.json("plan", "network")
    assert run["state"] == "no_changes"
    assert [stack["name"] for stack in world.json("stack", "list")] == ["network"]
    assert world.json("stack", "show", "net")["renamed_to"] == "network"


def test_nothing_is_renamed_without_a_yes(world: World) -> None:
    assert "no terminal to ask on" in world.run("stack", "rename", "net", "network", expect=64).stderr
    assert "is not known here" in world.run("stack", "rename", "nett", "network", "--yes", expect=5).stderr


def test_a_plan_under_the_new_name_says_what_it_was(world: World) -> None:
    world.cloud.write_text("other\n")
    call_it(world, "name: network\nrenamed_from: net\n")
    told = world.run("plan", "network").stderr
    assert "network is net under a new name; it works on the same state" in told
    (run,) = [run for run in world.json("run", "list") if run["stack"] == "network"]
    assert run["summary"]["create"] == 0
    assert world.json("run", "show", run["id"])["renamed_from"] == "net"
    assert "from net" in world.run("run", "show", run["id"]).stdout
    assert "from net" in world.run("stack", "show", "network").stdout
    shown = world.run("approve", run["id"], "--yes", "--digest", run["plan_digest"]).stdout
    assert "from net; the state and the terms of it hold for this" in shown
    world.run("apply", run["id"])
    assert world.json("stack", "show", "network")["renamed_from"] is None


def test_a_lock_that_keeps_it_from_being_renamed_is_named(world: World) -> None:
    world.run("lock", "take", "net", "--reason", "by hand")
    call_it(world, "name: network\n")
    assert (
        "once the lock on net is released" in world.run("stack", "rename", "net", "network", "--yes").stderr
    )
    world.run("lock", "release", "net", "--reason", "done")
    world.run("source", "sync")
    assert [stack["name"] for stack in world.json("stack", "list")] == ["network"]
