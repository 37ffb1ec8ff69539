"""A problem goes when its cause is gone, and a source that fails says which setting to change."""

from pathlib import Path

import pytest
from cli_world import World

BRANCHES = "sources[0].branch"


def two(tmp_path: Path) -> tuple[World, World]:
    """Two repositories, read as sources `infra` and `other` of the first one's configuration."""
    world, other = World(tmp_path), tmp_path / "second"
    other.mkdir()
    second = World(other)
    text = world.config.read_text()
    line = f'  - {{name: other, url: "{second.repository}"}}\n'
    world.config.write_text(text.replace("drift:", f"{line}drift:", 1))
    return world, second


def problems(world: World) -> list[str]:
    return [problem for source in world.json("source", "list") for problem in source["problems"]]


def test_a_name_is_free_once_the_other_source_has_let_it_go(tmp_path: Path) -> None:
    world, second = two(tmp_path)
    world.stack("web")
    second.stack("web")
    second.stack("more")
    world.run("source", "sync")
    assert any("source infra already uses this name" in problem for problem in problems(world))
    world.git("rm", "--quiet", "-r", "web")
    world.commit({"empty": ""})
    # `other` has not moved, and is looked at all the same.
    world.run("daemon", "--once", expect=None)
    world.run("daemon", "--once", expect=None)
    assert problems(world) == []
    assert {stack["name"]: stack["source"] for stack in world.json("stack", "list")} == {
        "web": "other",
        "more": "other",
    }


@pytest.mark.parametrize("order", ["infra first", "other first"])
def test_one_sync_is_enough_whichever_source_comes_first(tmp_path: Path, order: str) -> None:
    world, second = two(tmp_path)
    if order == "other first":
        world, second = swapped(world, second)
    world.stack("web")
    second.commit({"empty": ""})
    world.run("source", "sync")
    second.stack("web")
    world.run("source", "sync")
    assert problems(world) != []
    world.git("rm", "--quiet", "-r", "web")
    world.commit({"empty": ""})
    assert "already uses this name" not in world.run("source", "sync").stdout
    assert problems(world) == []


def swapped(world: World, second: World) -> tuple[World, World]:
    """The same two sources in the other order of the configuration."""
    lines = world.config.read_text().splitlines(keepends=True)
    infra, other = (next(line for line in lines if f"name: {name}," in line) for name in ("infra", "other"))
    turned = {infra: other, other: infra}
    world.config.write_text("".join(turned.get(line, line) for line in lines))
    return world, second


def test_a_dependency_in_another_source_counts_once_it_is_there(tmp_path: Path) -> None:
    world, second = two(tmp_path)
    second.stack("web", "depends_on: [vpc]\n")
    world.commit({"empty": ""})
    world.run("source", "sync")
    assert any("vpc" in problem for problem in problems(world))
    world.stack("vpc")
    world.run("source", "sync")
    assert problems(world) == []


def test_sync_looks_again_at_a_source_that_has_not_moved(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("web")
    world.run("source", "sync")
    with world.app.store.writing() as writer:
        writer.mark_missing("web")  # as if something had gone wrong before
    shown = world.run("source", "sync").stdout
    assert "is still at" in shown
    assert world.json("stack", "show", "web")["health"] == "ok"


def test_a_missing_branch_names_its_setting_and_the_existing_branch(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("web")
    world.run("source", "sync")
    world.git("branch", "--move", "main", "trunk")
    shown = world.run("source", "sync", expect=1).stdout
    assert 'has no branch "main"' in shown
    assert f"its default branch is trunk: set {BRANCHES}" in shown
    (need, *_) = [one for one in world.json("status")["needs"] if one["why"] == "source"]
    assert BRANCHES in need["text"]


def test_a_wrong_url_names_its_setting(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.config.write_text(world.config.read_text().replace("/repository", "/repositroy"))
    assert "check sources[0].url" in world.run("source", "sync", expect=1).stdout


def test_the_setting_is_that_of_the_source_by_its_place(tmp_path: Path) -> None:
    world, second = two(tmp_path)
    world.stack("web")
    second.stack("other")
    second.repository.rename(tmp_path / "away")
    assert "check sources[1].url" in world.run("source", "sync", expect=1).stdout


def test_a_single_problem_is_counted_in_the_singular(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("web", "enginge: tofu\n")
    world.run("source", "sync", expect=None)
    assert "● 1 problem\n" in world.run("source", "list").stdout


def test_a_failed_poll_is_told_the_same_in_the_list_and_in_the_status(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("web")
    world.run("source", "sync")
    world.repository.rename(tmp_path / "elsewhere")
    world.run("source", "sync", expect=None)
    for words in (["source", "list"], ["status"]):
        assert "infra: could not be polled once: git ls-remote failed" in world.run(*words).stdout
