"""A stack that was never sound is shown all the same, by what is wrong with it."""

from pathlib import Path

from cli_world import World

PROVISIONED = (
    '# first\nresource "terraform_data" "it" {{\n  provisioner "local-exec" {{ command = "exit 3" }}\n}}\n'
)


def test_a_new_stack_that_is_refused_is_listed_and_shown_until_it_is_sound(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.stack("newcomer", module=PROVISIONED)
    world.run("source", "sync")
    problem = 'newcomer/main.tf:2:1: stack "newcomer": terraform_data.it in newcomer runs commands'
    assert problem in world.run("stack", "list").stdout
    assert problem in world.run("stack", "show", "newcomer").stdout
    listed = {stack["name"]: stack for stack in world.json("stack", "list")}
    assert listed["newcomer"].keys() == listed["app"].keys()
    assert (listed["newcomer"]["health"], listed["newcomer"]["reason"][: len(problem)]) == ("error", problem)
    assert world.json("stack", "show", "newcomer")["problem"].startswith(problem)
    assert "newcomer" not in world.run("stack", "list", "-l", "env=test").stdout
    world.stack("newcomer")
    world.run("source", "sync")
    assert world.json("stack", "show", "newcomer")["health"] == "ok"
    assert [stack["name"] for stack in world.json("stack", "list")] == ["app", "newcomer"]


def test_a_stack_file_that_says_too_much_names_its_stack_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("newcomer", "unknown: 1\n")
    world.run("source", "sync")
    assert "newcomer/stack.yaml:3:" in world.run("stack", "list").stdout
    world.run("stack", "show", "other", expect=5)


def test_a_stack_that_was_sound_before_is_listed_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("source", "sync")
    world.stack("app", module=PROVISIONED)
    world.run("source", "sync")
    (stack,) = world.json("stack", "list")
    assert (stack["health"], stack["file"]) == ("error", "app/stack.yaml")
