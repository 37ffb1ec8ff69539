"""A repository is split: its stacks come to another source, under their names or under others, in whichever order."""

import shutil
from pathlib import Path

import pytest
from cli_world import World

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")


@pytest.fixture
def worlds(tmp_path: Path) -> tuple[World, World]:
    """The stack `net` of the first source is applied; a second source is empty."""
    world, other = World(tmp_path), tmp_path / "second"
    other.mkdir()
    second = World(other)
    second.commit({"empty": ""})
    line = f'  - {{name: other, url: "{second.repository}"}}\n'
    world.config.write_text(world.config.read_text().replace("drift:", f"{line}drift:", 1))
    world.stack("net")
    world.applied("net")
    return world, second


def move(world: World, second: World, name: str, order: str) -> None:
    """Each source is taken in by itself."""
    second.commit(
        {
            "moved/main.tf": (world.repository / "net" / "main.tf").read_text(),
            "moved/stack.yaml": f"name: {name}\n",
        }
    )
    world.git("rm", "-r", "--quiet", "net")
    world.commit({"empty": ""})
    for source in order.split():
        world.run("source", "sync", source, expect=None)
    world.run("daemon", "--once", expect=None)


@pytest.mark.parametrize("order", ["infra other", "other infra"])
def test_a_stack_under_its_own_name_keeps_its_state(worlds: tuple[World, World], order: str) -> None:
    world, second = worlds
    move(world, second, "net", order)
    (stack,) = world.json("stack", "list")
    assert (stack["source"], stack["sync"]) == ("other", "synced")
    assert all(run["summary"]["create"] == 0 for run in world.json("run", "list") if run["id"] != "run-1")


@pytest.mark.parametrize("order", ["infra other", "other infra"])
def test_under_another_name_it_is_asked_about(worlds: tuple[World, World], order: str) -> None:
    world, second = worlds
    move(world, second, "network", order)
    assert [run["id"] for run in world.json("run", "list") if run["state"] == "awaiting_approval"] == []
    assert "driftline stack rename net network" in world.json("stack", "show", "network")["reason"]
    world.run("stack", "rename", "net", "network", "--yes")
    assert world.json("plan", "network")[0]["state"] == "no_changes"


def test_a_commit_of_another_source_takes_over_nothing_by_itself(worlds: tuple[World, World]) -> None:
    world, second = worlds
    move(world, second, "network\nrenamed_from: net", "infra other")
    assert "a commit in another source cannot" in world.json("stack", "show", "network")["reason"]
