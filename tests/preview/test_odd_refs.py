"""Refs of requests that are not what a server makes of a branch."""

from pathlib import Path

import pytest
from pulls_world import PullsWorld, module, previewing


@pytest.fixture
def world(tmp_path: Path) -> PullsWorld:
    return previewing(tmp_path)


def test_a_ref_of_a_tag_is_a_fork(world: PullsWorld) -> None:
    head = world.pull(7, {"app/main.tf": module("new")})
    world.git("tag", "-a", "-m", "t", "odd", head)
    world.git("update-ref", "refs/pull/7/head", "refs/tags/odd")
    world.once()
    assert world.json("pr", "list") == []
    assert world.json("run", "list", "--kind", "preview") == []


def test_a_ref_of_no_commit_stops_no_other_request(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    for number, what in ((8, "HEAD^{tree}"), (9, "HEAD:app/main.tf")):
        world.git("update-ref", f"refs/pull/{number}/head", world.git("rev-parse", what).strip())
    world.once()
    assert [one["number"] for one in world.json("pr", "list")] == [7]
    assert world.shown(7)["stacks"][0]["state"] == "planned"


def test_a_symbolic_ref_is_the_branch_that_it_names(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.git("symbolic-ref", "refs/pull/8/head", "refs/heads/pull-7")
    world.git("symbolic-ref", "refs/pull/9/head", "refs/heads/main")
    world.once()
    assert {one["number"] for one in world.json("pr", "list")} == {7, 8}


def test_a_number_that_comes_again_with_the_head_of_a_fork_is_not_planned(world: PullsWorld) -> None:
    world.pull(7, {"app/main.tf": module("new")})
    world.once()
    world.git("update-ref", "-d", "refs/pull/7/head")
    world.git("branch", "--quiet", "-D", "pull-7")
    world.once()
    before = world.json("run", "list", "--kind", "preview")
    world.fork(7, {"app/main.tf": module("other")})
    world.once()
    assert world.shown(7)["state"] == "closed"
    assert world.json("run", "list", "--kind", "preview") == before


def test_an_allowed_tag_in_a_fork_is_not_planned(tmp_path: Path) -> None:
    world = previewing(tmp_path)
    world.previews = "{forks: approved}"
    world.configured()
    head = world.fork(7, {"app/main.tf": module("new")})
    world.git("tag", "-a", "-m", "t", "odd", head)
    world.git("update-ref", "refs/pull/7/head", "refs/tags/odd")
    world.once()
    world.run("pr", "allow", "7", "--head", world.git("rev-parse", "refs/tags/odd").strip())
    world.once()
    assert world.shown(7)["hold"] == "failed"
    assert world.json("run", "list", "--kind", "preview") == []
