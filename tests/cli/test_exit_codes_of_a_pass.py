"""`daemon --once` from cron or CI: its exit code is that of the state it leaves."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_shapes import fits
from cli_world import MODULE, World, applied, planned


def waits(tmp_path: Path) -> World:
    """A plan that waits for approval."""
    return with_module(tmp_path)


def drifted(tmp_path: Path) -> World:
    world = applied(tmp_path)
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", expect=2)
    return world


def acknowledged(tmp_path: Path) -> World:
    world = drifted(tmp_path)
    world.run("drift", "ack", "1", "--until", "2w", "-m", "known")
    return world


def plan_fails(tmp_path: Path) -> World:
    return with_module(tmp_path, module="nonsense {{\n")


def check_fails(tmp_path: Path) -> World:
    world = applied(tmp_path)
    world.cloud.unlink()
    world.run("drift", "check", "app", expect=1)
    return world


def stack_file_is_broken(tmp_path: Path) -> World:
    return with_module(tmp_path, "nonsense: 1\n")


def source_is_gone(tmp_path: Path) -> World:
    world = with_module(tmp_path)
    world.repository.rename(world.root / "elsewhere")
    return world


def fails_beside_drift(tmp_path: Path) -> World:
    world = drifted(tmp_path)
    world.stack("other", module="nonsense {{\n")
    return world


def held_by_a_person(tmp_path: Path) -> World:
    world = applied(tmp_path)
    world.run("lock", "take", "app", "--reason", "maintenance")
    return world


def with_module(tmp_path: Path, more: str = "", module: str = MODULE) -> World:
    """As nobody has looked at it."""
    world = World(tmp_path)
    world.stack("app", more, module=module)
    return world


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (waits, 0),
        (applied, 0),
        (held_by_a_person, 0),
        (drifted, 2),
        (acknowledged, 0),
        (plan_fails, 1),
        (check_fails, 1),
        (stack_file_is_broken, 1),
        (source_is_gone, 1),
        (fails_beside_drift, 1),
    ],
)
def test_passes_over_one_state_end_with_one_exit_code(
    tmp_path: Path, state: Callable[[Path], World], code: int
) -> None:
    world = state(tmp_path)
    for _ in range(2):
        world.run("daemon", "--once", expect=code)
    assert world.json("daemon", "--once", expect=code)["exit_code"] == code


def test_an_apply_that_failed_counts_until_a_person_has_answered(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.config.write_text(
        world.config.read_text().replace('repository"}', 'repository", allow: {provisioners: true}}')
    )
    fails = 'resource "terraform_data" "it" {{\n  provisioner "local-exec" {{ command = "exit 3" }}\n}}\n'
    world.stack("app", module=fails)
    world.run("plan", "app")
    world.approve("run-1")
    world.run("apply", "run-1", expect=1)
    world.run("daemon", "--once", expect=1)
    world.run("lock", "release", "app", "--reason", "looked at it")
    world.run("daemon", "--once")


def test_drift_that_a_pass_finds_itself_counts_in_that_pass(tmp_path: Path) -> None:
    world = applied(tmp_path)
    world.cloud.write_text("by hand\n")
    world.run("drift", "check", "app", "--acknowledged", expect=2)
    world.run("daemon", "--once", expect=2)


def test_acknowledged_drift_counts_where_it_is_asked_for(tmp_path: Path) -> None:
    world = acknowledged(tmp_path)
    found = world.json("drift", "check", "--all")
    fits("drift check", found)
    assert (found["drifted"], found["acknowledged"]) == (1, 1)
    assert [(entry["result"], entry["acknowledged"]) for entry in found["stacks"]] == [("drifted", True)]
    assert "acknowledged" in world.run("drift", "check", "app").stdout
    world.run("drift", "check", "app", "--acknowledged", expect=2)
    world.run("daemon", "--once", "--acknowledged", expect=2)


def test_other_drift_than_the_acknowledged_counts_again(tmp_path: Path) -> None:
    world = acknowledged(tmp_path)
    world.cloud.write_text("by another hand\n")
    world.run("drift", "check", "app", expect=2)
    world.run("daemon", "--once", expect=2)


def test_a_pass_reports_its_runs_and_needs_as_one_document(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    passed = world.json("daemon", "--once")
    fits("daemon --once", passed)
    assert [(run["stack"], run["state"]) for run in passed["runs"]] == [("app", "awaiting_approval")]
    assert [(need["why"], need["failure"]) for need in passed["needs"]] == [("approval", False)]


def test_a_pass_that_fails_says_what_failed_before_what_waits(tmp_path: Path) -> None:
    world = planned(tmp_path)
    world.stack("broken", module="nonsense {{\n")
    shown = world.run("daemon", "--once", expect=1).stderr
    assert shown.index("of broken: plan failed") < shown.index("of app: waits for approval")
    assert "hint: driftline logs run-2" in shown


def test_the_service_has_no_exit_code_for_drift(tmp_path: Path) -> None:
    World(tmp_path).run("daemon", "--acknowledged", expect=64)
