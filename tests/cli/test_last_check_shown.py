"""`stack show` on the last check: of checks alone, and of those that failed too."""

from pathlib import Path

import pytest
from cli_world import World, applied

from runner.cli.screen import stack_page
from runner.model.warm.probe import ProbeRecord, failed
from runner.model.warm.provider import Way
from runner.view.stack_page import probe_view


def last_check(world: World, name: str = "app") -> str:
    lines = world.run("stack", "show", name).stdout.splitlines()
    return "".join(line.partition("last check")[2].strip() for line in lines if "last check" in line)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """`app` is applied, by the plan of a change."""
    return applied(tmp_path)


def test_a_stack_that_was_only_applied_shows_no_check(world: World) -> None:
    assert last_check(world) == ""


def test_a_commit_that_changes_nothing_is_no_check(world: World) -> None:
    world.run("drift", "check", "app")
    before = last_check(world)
    world.stack("app", "# a word\n")
    world.run("plan", "app")
    assert before.startswith("in full: ")
    assert last_check(world) == before


def test_a_failed_check_is_shown_until_one_has_an_answer(world: World) -> None:
    world.run("drift", "check", "app")
    before = last_check(world)
    world.cloud.rename(world.root / "away")
    world.run("drift", "check", "app", expect=1)
    assert last_check(world) == "failed"
    (world.root / "away").rename(world.cloud)
    world.run("drift", "check", "app")
    assert last_check(world) == before


def test_a_failure_is_not_shown_with_results_of_earlier_checks() -> None:
    assert (
        stack_page.last_check(probe_view(failed(ProbeRecord(way=Way.PROBED, checks=3, reason="")))).text
        == "failed"
    )
