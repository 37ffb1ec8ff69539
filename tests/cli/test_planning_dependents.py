"""What depends on a stack that was never applied is not planned by hand either, unless somebody says so."""

import shutil
from pathlib import Path

import pytest
from cli_world import World

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """`app` depends on `net`, and nothing is applied."""
    made = World(tmp_path)
    made.stack("net")
    made.stack("app", "depends_on: [net]\n")
    return made


def test_it_is_refused_with_both_ways_to_go_on(world: World) -> None:
    shown = world.run("plan", "app", expect=3).stderr
    assert 'stack "app" depends on net, which has not been applied yet' in shown
    assert "driftline plan net" in shown
    assert "driftline plan app --ignore-dependencies" in shown
    assert world.json("run", "list") == []


def test_at_a_chosen_revision_the_dependencies_of_that_revision_count(world: World) -> None:
    revision = world.git("rev-parse", "HEAD").strip()
    world.stack("app")
    world.run("source", "sync")
    world.run("plan", "app", "--ref", revision, expect=3)


def test_whoever_says_so_plans_all_the_same(world: World) -> None:
    (run,) = world.json("plan", "app", "--ignore-dependencies")
    assert run["state"] == "awaiting_approval"


def test_a_dependent_is_planned_once_its_dependency_was_ever_applied(world: World) -> None:
    world.applied("net")
    world.stack("net", "env: {A: b}\n")
    assert world.json("plan", "app")[0]["state"] == "awaiting_approval"


def test_a_destroy_needs_no_dependency(world: World) -> None:
    assert world.json("plan", "app", "--destroy")[0]["kind"] == "destroy"
