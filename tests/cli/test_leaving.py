"""What becomes of a stack that leaves Git, on the screen and by commands."""

import shutil
from pathlib import Path

import pytest
from cli_world import World, begun

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With a stack `net` that is applied."""
    return begun(tmp_path, with_net)


def with_net(world: World) -> None:
    world.stack("net")
    world.applied("net")


def call_it(world: World, declared: str) -> None:
    world.commit({"net/stack.yaml": declared})
    world.run("source", "sync", expect=None)


# Another name


def test_a_question_is_shown_with_its_answers(world: World) -> None:
    call_it(world, "name: network\n")
    needs = {need["name"]: need for need in world.json("status")["needs"]}
    assert "driftline stack rename net network" in needs["infra"]["text"]
    assert world.json("stack", "show", "network")["health"] == "error"
    refused = world.run("plan", "network", expect=5).stderr
    assert refused.count("driftline stack forget net") == 1, "as the error, and not as a warning too"
    assert [run["stack"] for run in world.json("run", "list")] == ["net"]


def test_the_command_answers_it(world: World) -> None:
    call_it(world, "name: network\n")
    assert "Renamed net to network" in world.run("stack", "rename", "net", "network", "--yes").stderr
    (run,) = world.json("plan", "network")
    assert run["state"] == "no_changes"
    assert [stack["name"] for stack in world.json("stack", "list")] == ["network"]
    assert world.json("stack", "show", "net")["renamed_to"] == "network"


def test_nothing_is_renamed_without_a_yes(world: World) -> None:
    assert "no terminal to prompt on" in world.run("stack", "rename", "net", "network", expect=64).stderr
    assert "not found" in world.run("stack", "rename", "nett", "network", "--yes", expect=5).stderr


def test_a_plan_under_the_new_name_says_what_it_was(world: World) -> None:
    world.cloud.write_text("other\n")
    call_it(world, "name: network\nrenamed_from: net\n")
    output = world.run("plan", "network").stderr
    assert "network is the new name of net; it uses the same state" in output
    (run,) = [run for run in world.json("run", "list") if run["stack"] == "network"]
    assert run["summary"]["create"] == 0
    assert world.json("run", "show", run["id"])["renamed_from"] == "net"
    assert "from net" in world.run("run", "show", run["id"]).stdout
    assert "from net" in world.run("stack", "show", "network").stdout
    shown = world.run("approve", run["id"], "--yes", "--digest", run["plan_digest"]).stdout
    assert "from net; its state and terms apply to this stack" in shown
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


# Gone for good


def remove_from_git(world: World) -> None:
    world.git("rm", "-r", "--quiet", "net")
    world.git("commit", "--quiet", "--allow-empty", "--message=without net")
    world.run("source", "sync", expect=None)


def missing(world: World) -> list[str]:
    return [need["name"] for need in world.json("status")["needs"] if need["why"] == "missing"]


def test_a_stack_that_left_git_asks_what_to_do_and_names_the_commands(world: World) -> None:
    remove_from_git(world)
    (need,) = [need for need in world.json("status")["needs"] if need["why"] == "missing"]
    assert [way["command"] for way in need["ways"]] == [
        "driftline stack forget net",
        "driftline plan net --destroy",
        "driftline stack rename net NEW",
    ]
    shown = world.run("status").stdout
    assert all(way["command"] in shown for way in need["ways"])


def test_what_is_forgotten_asks_for_nothing_more_and_keeps_its_history(world: World) -> None:
    remove_from_git(world)
    output = world.run("stack", "forget", "net", "-m", "moved to another team", "--yes").stderr
    assert "Its state remains in" in output
    assert missing(world) == []
    assert world.json("stack", "list") == []
    assert [run["stack"] for run in world.json("stack", "history", "net")] == ["net"]
    assert "forgotten by" in world.json("stack", "show", "net")["left"]
    assert world.app.workspaces.state_file("net", "default").is_file()
    actions = {entry["action"] for entry in world.json("audit", "log")}
    assert "stack.leave" in actions
    checked = world.json("drift", "check", "net")
    assert "forgotten by" in checked["stacks"][0]["reason"]
    assert "forgotten by" in world.run("plan", "net", expect=3).stderr
    assert world.run("daemon", "--once").exit_code == 0


def test_a_stack_in_git_or_without_confirmation_is_not_forgotten(world: World) -> None:
    assert "is still in Git" in world.run("stack", "forget", "net", "--yes", expect=3).stderr
    remove_from_git(world)
    assert "no terminal to prompt on" in world.run("stack", "forget", "net", expect=64).stderr
    world.run("lock", "take", "net", "--reason", "by hand")
    assert "is locked by" in world.run("stack", "forget", "net", "--yes", expect=4).stderr
    assert missing(world) == ["net"]


def test_a_drift_report_ends_with_its_stack(world: World) -> None:
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "net", expect=2)
    remove_from_git(world)
    world.run("stack", "forget", "net", "--yes")
    assert world.json("drift", "list") == []


def test_a_stack_that_comes_back_goes_on_with_its_state(world: World) -> None:
    remove_from_git(world)
    world.run("stack", "forget", "net", "--yes")
    world.stack("net")
    (run,) = world.json("plan", "net")
    assert run["state"] == "no_changes"
    assert [stack["name"] for stack in world.json("stack", "list")] == ["net"]


def test_forgetting_the_old_stack_lets_a_lookalike_be_planned(world: World) -> None:
    call_it(world, "name: network\n")
    world.run("stack", "forget", "net", "--yes")
    (run,) = world.json("plan", "network")
    assert (run["state"], run["summary"]["create"]) == ("awaiting_approval", 1)


def test_a_removed_stacks_resources_are_destroyed_at_the_applied_revision(world: World) -> None:
    revision = world.json("stack", "show", "net")["applied_revision"]
    remove_from_git(world)
    assert "driftline plan net --destroy" in world.run("plan", "net", expect=3).stderr
    (run,) = world.json("plan", "net", "--destroy")
    assert (run["kind"], run["state"], run["revision"]) == ("destroy", "awaiting_approval", revision)
    assert missing(world) == []
    assert (
        "whoever requested the run may not approve it"
        in world.run("approve", run["id"], "--yes", "--digest", run["plan_digest"], expect=6).stderr
    )
    world.more = "approvals: {author_may_approve: true}"
    world.configured()
    world.approve(run["id"])
    world.run("apply", run["id"])
    assert world.json("stack", "list") == []
    assert world.json("stack", "show", "net")["left"] == f"destroyed by {run['id']}"
    assert world.run("daemon", "--once").exit_code == 0


def test_a_removed_stack_can_be_planned_at_a_revision_that_has_it(world: World) -> None:
    revision = world.json("stack", "show", "net")["applied_revision"]
    remove_from_git(world)
    assert world.json("plan", "net", "--ref", revision)[0]["state"] == "no_changes"


def test_a_stack_of_which_nothing_was_applied_can_only_be_forgotten(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("net")
    world.run("source", "sync")
    remove_from_git(world)
    assert "driftline stack forget net" in world.run("plan", "net", "--destroy", expect=3).stderr
    (need,) = [need for need in world.json("status")["needs"] if need["why"] == "missing"]
    assert [way["command"] for way in need["ways"]] == ["driftline stack forget net"]
