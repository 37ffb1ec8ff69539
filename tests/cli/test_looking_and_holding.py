"""Lists, logs, artifacts, locks, pauses, and one pass of the daemon."""

import time
from pathlib import Path

import pytest
from cli_world import World, planned

from runner.cli.commands.logs import SILENT_LOOKS


def test_a_lock_of_a_person_stops_plans_until_it_is_released(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("run", "cancel", "1")
    world.run("lock", "take", "app", "--reason", "maintenance")
    refused = world.run("plan", "app", expect=4)
    assert "maintenance" in refused.stderr
    world.run("lock", "take", "app", "--reason", "again", expect=4)
    world.run("lock", "release", "app", "--reason", "done")
    world.run("lock", "release", "app", "--reason", "done", expect=5)


def test_a_paused_stack_says_why_nothing_happens(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("stack", "pause", "app", "--reason", "freeze", "--for", "4h")
    (stack,) = world.json("stack", "list")
    assert stack["health"] == "paused"
    assert "freeze" in stack["reason"]
    world.run("plan", "app", expect=3)
    world.run("stack", "resume", "app")
    world.run("plan", "app")


def test_the_log_of_a_run_is_printed_and_a_run_without_one_says_so(tmp_path: Path) -> None:
    world = planned(tmp_path)
    assert "terraform_data.it: Plan to create" in world.run("logs", "run-1").stdout
    world.run("plan", "app", "--no-wait")
    empty = world.run("logs", "run-2")
    assert (empty.stdout, "has no log" in empty.stderr) == ("", True)
    world.run("logs", "run-99", expect=5)


def test_a_plan_file_is_written_for_its_owner_and_never_overwrites(tmp_path: Path) -> None:
    world = planned(tmp_path)
    target = tmp_path / "out.tfplan"
    text = world.run("run", "artifact", "run-1", "plan.tfplan", "--to", str(target))
    assert "contains plaintext secrets" in text.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes()[:2] == b"PK"
    world.run("run", "artifact", "run-1", "plan.tfplan", "--to", str(target), expect=64)
    world.run("run", "artifact", "run-1", "nothing", expect=5)


def test_labels_choose_stacks(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("a")
    world.commit({"b/stack.yaml": "name: b\nlabels: {env: prod, team: x}\n", "b/main.tf": ""})
    world.run("source", "sync")
    assert [s["name"] for s in world.json("stack", "list", "-l", "env=prod", "-l", "team=x")] == ["b"]
    world.run("stack", "list", "-l", "env", expect=64)


def test_history_shows_who_asked_for_what_at_which_revision(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.run("drift", "check", "app")
    (run,) = world.json("stack", "history", "app")
    assert (run["requested_by"], run["subject"], run["kind"]) == ("root", "stack app", "change")
    world.run("stack", "history", "nope", expect=5)


def test_one_pass_plans_what_moved_and_applies_what_was_approved(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    passed = world.run("daemon", "--once")
    assert "awaiting approval" in passed.stdout
    world.approve("run-1")
    world.run("daemon", "--once")
    assert world.json("stack", "list")[0]["sync"] == "synced"
    assert "Nothing to do." in world.run("daemon", "--once").stderr


def test_one_pass_in_which_something_fails_does_not_look_fine(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module="nonsense {{\n")
    world.run("daemon", "--once", expect=1)


def test_one_pass_that_could_not_see_git_does_not_look_fine(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.repository.rename(tmp_path / "elsewhere")
    assert "source infra" in world.run("daemon", "--once", expect=1).stderr


def test_following_a_log_ends_when_the_run_needs_a_person(tmp_path: Path) -> None:
    world = planned(tmp_path)
    started = time.monotonic()
    followed = world.run("logs", "-f", "run-1")
    assert "Plan to create" in followed.stdout
    assert 'driftline approve run-1   or   driftline reject run-1 -m "..."' in followed.stderr
    assert time.monotonic() - started < 5


def test_who_follows_an_approved_run_learns_once_what_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = planned(tmp_path)
    world.run("lock", "take", "app", "-m", "moving")
    world.approve("run-1")
    looks = iter(range(3 * SILENT_LOOKS))

    def sleep(_: float) -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr("runner.cli.commands.logs.time.sleep", sleep)
    said = world.run("logs", "-f", "run-1", expect=130).stderr
    assert said.count("run-1 of app is approved and not applied yet: locked by ") == 1
    assert "moving" in said


def test_a_stack_whose_reads_are_not_known_says_where(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app", module='variable "from" {{}}\noutput "it" {{ value = file(var.from) }}\n')
    world.run("source", "sync")
    (stack,) = world.json("stack", "list")
    assert (stack["inputs"], stack["unknown_inputs"]) == (
        "not fully known",
        ["app/main.tf:2: file(var.from)"],
    )
    shown = world.run("stack", "show", "app").stdout
    assert "not fully known  app/main.tf:2: file(var.from)" in shown
