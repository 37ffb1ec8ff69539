"""What a plan of a new commit starts: terraform for the plan and for its document, and nothing besides."""

from collections.abc import Callable
from pathlib import Path

import pytest
from provider.mirror import install
from world import OBJECT, World, states
from wrapped import wrapped

from runner.model.run.life import State
from runner.source.command import Call, Ended, run

MODULE = OBJECT.replace('"{value}"', "var.value") + 'variable "value" {{}}\n'
CALL = 'module "it" {{\n  source = "../mod"\n  value  = "{value}"\n}}\n'
Planned = Callable[[], list[str]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A stack that calls a module of its repository, with a resource of a provider."""
    notes = tmp_path / "told"
    binary = wrapped(tmp_path / "terraform", f'echo "$1" >> {notes}\nexec terraform "$@"')
    engines = f"  plugin_mirror: {install(tmp_path / 'mirror')}\n  terraform: {{binary: {binary}}}\n"
    made = World(tmp_path, "executor: {confine: never}\n", engines=engines)
    made.commit_files(
        {
            "mod/main.tf": MODULE.format(cloud=made.cloud, name="web"),
            "web/main.tf": CALL.format(value="one"),
            "web/stack.yaml": "name: web\n",
        }
    )
    return made


@pytest.fixture
def planned(world: World) -> Planned:
    """Plan what was pushed; what terraform was told. The first plan is made, and its lock file committed."""
    notes = world.root / "told"

    def plan() -> list[str]:
        notes.write_text("")
        assert world.poll().problem is None
        assert states(world.work()) == [State.AWAITING_APPROVAL]
        return notes.read_text().split()

    assert "init" in plan()
    (lock,) = world.root.glob("data/workspaces/*/sealed/*/lock")
    world.commit_files({"web/.terraform.lock.hcl": lock.read_text()})
    plan()
    return plan


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("web/main.tf", '"one"', '"two"'),
        ("mod/main.tf", "var.value", '"${var.value}!"'),
        ("mod/main.tf", 'variable "value" {}', 'variable "value" {}\noutput "it" { value = var.value }'),
    ],
)
def test_a_commit_that_touches_no_module_or_provider_starts_terraform_twice(
    world: World, planned: Planned, file: str, old: str, new: str
) -> None:
    before = (world.repository / file).read_text()
    assert old in before
    world.commit_files({file: before.replace(old, new)})
    assert planned() == ["plan", "show"]


def test_a_commit_that_calls_another_module_needs_an_init(world: World, planned: Planned) -> None:
    other = 'module "more" {\n  source = "../mod2"\n}\n'
    world.commit_files({"mod2/main.tf": "", "web/more.tf": other, "web/main.tf": CALL.format(value="two")})
    assert planned() == ["init", "plan", "show"]


def test_a_plan_of_a_new_commit_lists_its_tree_once(
    world: World, planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discovery, the check of what may run, and the export ask for it."""
    asked: list[str] = []

    def noted(call: Call, stdin: bytes = b"") -> Ended:
        asked.extend(call.argv)
        return run(call, stdin)

    monkeypatch.setattr("runner.source.mirror.run", noted)
    world.commit_files({"web/main.tf": CALL.format(value="two")})
    assert planned() == ["plan", "show"]
    assert asked.count("ls-tree") == 1


def test_without_a_lock_file_each_commit_chooses_its_providers_anew(world: World, planned: Planned) -> None:
    world.commit_files({"web/.terraform.lock.hcl": None, "web/main.tf": CALL.format(value="two")})
    assert planned() == ["init", "plan", "show"]
    world.commit_files({"web/main.tf": CALL.format(value="three")})
    assert planned() == ["init", "plan", "show"]
