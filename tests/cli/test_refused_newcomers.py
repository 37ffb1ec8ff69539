"""A stack that was never sound is shown all the same, by what is wrong with it."""

from pathlib import Path

from cli_world import World

PROVISIONED = (
    '# first\nresource "terraform_data" "it" {{\n  provisioner "local-exec" {{ command = "exit 3" }}\n}}\n'
)


def test_a_new_stack_that_is_refused_is_listed_and_shown_until_it_is_sound(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.stack("new", module=PROVISIONED)
    world.run("source", "sync")
    problem = 'new/main.tf:2:1: stack "new": terraform_data.it in new runs commands'
    assert problem in world.run("stack", "list").stdout
    assert problem in world.run("stack", "show", "new").stdout
    listed = {stack["name"]: stack for stack in world.json("stack", "list")}
    assert listed["new"].keys() == listed["app"].keys()
    assert (listed["new"]["health"], listed["new"]["reason"][: len(problem)]) == ("error", problem)
    assert world.json("stack", "show", "new")["problem"].startswith(problem)
    assert "new" not in world.run("stack", "list", "-l", "env=test").stdout
    world.stack("new")
    world.run("source", "sync")
    assert world.json("stack", "show", "new")["health"] == "ok"
    assert [stack["name"] for stack in world.json("stack", "list")] == ["app", "new"]


def test_a_stack_file_that_says_too_much_names_its_stack_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("new", "unknown: 1\n")
    world.run("source", "sync")
    assert "new/stack.yaml:3:" in world.run("stack", "list").stdout
    world.run("stack", "show", "other", expect=5)


def test_a_stack_that_was_sound_before_is_listed_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("source", "sync")
    world.stack("app", module=PROVISIONED)
    world.run("source", "sync")
    (stack,) = world.json("stack", "list")
    assert (stack["health"], stack["file"]) == ("error", "app/stack.yaml")
