"""The newest commit of a known stack cannot be read: no command claims that it is applied, and nothing older is planned in its place."""

from pathlib import Path

import pytest
from cli_world import MODULE, World, applied

# The brace of line 7 is never closed.
BROKEN = MODULE + 'resource "terraform_data" "more" {{\n  input = 1\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return applied(tmp_path)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"app/main.tf": BROKEN.format(cloud="x")}, "app/main.tf:5:1:"),
        ({"app/more.tf": 'locals {\n  a = "\n}\nmodule "m" {}\n'}, "app/more.tf:2:1:"),
        ({"app/more.tf.json": '{\n  "module": {,}\n}\n'}, "app/more.tf.json:2:1:"),
        ({"app/stack.yaml": "name: app\nvarz: {}\n"}, "app/stack.yaml:2:1:"),
    ],
    ids=["a brace", "a quote", "JSON", "the stack file"],
)
def test_plan_reports_a_broken_newest_revision_and_plans_no_older_one(
    world: World, files: dict[str, str], place: str
) -> None:
    broken = world.commit(files)
    before = [run["id"] for run in world.json("run", "list")]
    said = world.run("plan", "app", expect=1).stderr
    assert said.count(place) == 1, said
    assert broken[:12] in said
    assert [run["id"] for run in world.json("run", "list")] == before


def test_what_could_not_be_read_is_not_synced(world: World) -> None:
    assert world.json("stack", "list")[0]["sync"] == "synced"
    world.commit({"app/main.tf": BROKEN.format(cloud="x")})
    world.run("source", "sync")
    assert world.json("stack", "list")[0]["sync"] == "unknown"


def test_what_is_broken_needs_somebody_once(world: World) -> None:
    world.commit({"app/main.tf": BROKEN.format(cloud="x")})
    world.run("source", "sync")
    assert [need["why"] for need in world.json("status")["needs"]] == ["problem"]


def test_the_revision_before_is_planned_by_its_name(world: World) -> None:
    before = world.stack("app", module=MODULE + "# more\n")
    world.commit({"app/main.tf": BROKEN.format(cloud="x")})
    world.run("plan", "app", expect=1)
    (planned,) = world.json("plan", "app", "--ref", before)
    assert planned["revision"] == before


def test_the_stack_is_planned_as_ever_once_it_is_fixed(world: World) -> None:
    world.commit({"app/main.tf": BROKEN.format(cloud="x")})
    world.run("plan", "app", expect=1)
    world.stack("app")
    assert world.json("plan", "app")[0]["state"] == "no_changes"
    assert world.json("stack", "list")[0]["sync"] == "synced"
