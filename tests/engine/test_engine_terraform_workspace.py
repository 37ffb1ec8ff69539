"""A workspace that its backend does not have yet is made before the first plan, with real terraform."""

from dataclasses import replace
from pathlib import Path

import pytest
from engine_world import World, counted, needs_terraform
from remote.state_backend import state_backend

from runner.model.stack.definition import StackDefinition
from runner.ports.engine import Planned

pytestmark = needs_terraform
BACKEND = """
terraform {
  backend "local" {
    path          = "%s/app.tfstate"
    workspace_dir = "%s/workspaces"
  }
}
"""
OUTPUT = 'output "workspace" { value = terraform.workspace }\n'


@pytest.fixture
def states(world: World) -> Path:
    folder = world.folder.parent / "states"
    folder.mkdir()
    world.managed = False
    world.write({"backend.tf": BACKEND % (folder, folder), "workspace.tf": OUTPUT})
    return folder


def in_workspace(world: World, name: str) -> None:
    world.stack = StackDefinition(name=f"app/{name}", terraform_workspace=name)


def apply(world: World, states: Path) -> None:
    folders = (str(states),)
    world.apply(world.planned(state_folders=folders), state_folders=folders)


def test_the_first_workspace_of_a_backend_is_made_and_the_log_says_so(world: World, states: Path) -> None:
    in_workspace(world, "dev")
    world.planned(state_folders=(str(states),))
    assert (states / "workspaces" / "dev").is_dir()
    assert "The workspace dev did not exist in the backend; created it, empty." in world.log


def test_a_workspace_is_made_beside_others(world: World, states: Path) -> None:
    in_workspace(world, "dev")
    apply(world, states)
    in_workspace(world, "prod")
    apply(world, states)
    made = sorted(path.parent.name for path in states.rglob("terraform.tfstate"))
    assert made == ["dev", "prod"]


def test_a_workspace_that_is_there_is_not_made_again(world: World, states: Path) -> None:
    in_workspace(world, "dev")
    apply(world, states)
    world.stack = replace(world.stack, name="app/also-dev")
    assert world.planned(state_folders=(str(states),)).changed is False
    assert "created it" not in world.log


def test_a_stack_that_moves_to_another_workspace_gets_that_one(world: World, states: Path) -> None:
    in_workspace(world, "dev")
    apply(world, states)
    world.stack = replace(world.stack, terraform_workspace="prod")
    world.planned(state_folders=(str(states),))
    assert (states / "workspaces" / "prod").is_dir()


def test_a_workspace_that_somebody_deleted_is_made_again(world: World, states: Path) -> None:
    in_workspace(world, "dev")
    world.planned(state_folders=(str(states),))
    (states / "workspaces" / "dev").rmdir()
    world.planned(state_folders=(str(states),))
    assert (states / "workspaces" / "dev").is_dir()


def test_what_cannot_be_made_fails_the_plan_and_is_tried_again_by_the_next(
    world: World, states: Path
) -> None:
    in_workspace(world, "dev")
    (states / "workspaces").write_text("in its way")
    shown = world.failed(state_folders=(str(states),))
    assert shown.exit_code != 0
    (states / "workspaces").unlink()
    world.planned(state_folders=(str(states),))
    assert (states / "workspaces" / "dev").is_dir()


def test_a_backend_without_workspaces_is_reported_in_terraforms_words(world: World) -> None:
    world.managed = False
    world.write({"backend.tf": 'terraform {\n  backend "http" {}\n}\n'})
    with state_backend() as backend:
        world.stack = StackDefinition(
            name="app", terraform_workspace="dev", backend_config=backend.config("app")
        )
        shown = world.failed()
    assert "workspaces not supported" in " ".join(d.summary + d.detail for d in shown.diagnostics)


def test_the_default_workspace_costs_no_look(world: World, states: Path, tmp_path: Path) -> None:
    binary, calls = counted(tmp_path)
    world.use(binary)
    assert isinstance(world.plan(state_folders=(str(states),)), Planned)
    assert "workspace" not in calls()
