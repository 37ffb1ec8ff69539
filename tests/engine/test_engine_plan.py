"""Planning with a real terraform: from init to the document, and where the state is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from engine_world import SIMPLE, World, counted, needs_terraform, short, state_of
from provider.mirror import install

from runner.errors import BadStackFile, ModuleMissing
from runner.model.settings.server import EnginesSettings
from runner.model.stack.definition import StackDefinition, StackTimeouts

pytestmark = needs_terraform


def test_a_first_plan_is_initialised_planned_and_shown(world: World, tmp_path: Path) -> None:
    binary, calls = counted(tmp_path)
    world.use(binary)
    planned = world.planned()
    assert calls() == ["version", "init", "plan", "show"]
    assert planned.changed
    assert planned.document is not None
    [change] = planned.document["resource_changes"]
    assert (change["address"], change["change"]["actions"]) == ("terraform_data.a", ["create"])
    assert planned.engine_version.count(".") == 2
    assert planned.resource_count == 0
    assert planned.plan_file.is_file()


def test_a_plan_that_finds_nothing_is_not_shown(world: World) -> None:
    world.applied(world.planned())
    planned = world.planned()
    assert (planned.changed, planned.document, planned.resource_count) == (False, None, None)


def test_an_applied_plan_gives_its_outputs_and_writes_the_managed_state(world: World) -> None:
    applied = world.applied(world.planned())
    assert applied.outputs == {"word": "one"}
    assert applied.log_complete
    assert state_of(world.own / "state" / "terraform.tfstate")["outputs"]["word"]["value"] == "one"
    # Nothing of it is in the tree, which other stacks share.
    assert [path.name for path in world.module.iterdir()] == ["main.tf"]


def test_the_number_of_previous_resources_is_recorded(world: World) -> None:
    world.applied(world.planned())
    world.stack = replace(world.stack, vars={"word": "two"})
    assert world.planned().resource_count == 1


def test_two_stacks_with_one_module_have_a_state_each(world: World) -> None:
    world.applied(world.planned())
    world.stack = StackDefinition(name="prod-app", vars={"word": "other"})
    assert world.planned().changed
    world.applied(world.planned())
    states = sorted(world.folder.glob("workspaces/*/state/terraform.tfstate"))
    assert {state_of(path)["outputs"]["word"]["value"] for path in states} == {"one", "other"}


def test_a_workspace_of_a_managed_state_has_its_name_and_its_own_file(world: World) -> None:
    world.write({"main.tf": 'output "w" { value = terraform.workspace }\n'})
    world.applied(world.planned())
    world.stack = replace(world.stack, terraform_workspace="blue")
    assert world.applied(world.planned()).outputs == {"w": "blue"}
    state = world.own / "state"
    assert state_of(state / "terraform.tfstate")["outputs"]["w"]["value"] == "default"
    assert (
        state_of(state / "terraform.tfstate.d" / "blue" / "terraform.tfstate")["outputs"]["w"]["value"]
        == "blue"
    )
    # terraform makes an empty terraform.tfstate.d/blue there, whatever -state says.
    assert [path.name for path in world.module.rglob("*") if path.is_file()] == ["main.tf"]
    assert world.planned().changed is False


def test_a_stack_with_its_own_backend_keeps_its_state_there(world: World) -> None:
    world.managed = False
    world.write({"b.tf": 'terraform {\n  backend "local" {}\n}\n'})
    world.stack = replace(world.stack, backend_config={"path": str(world.outside / "own.tfstate")})
    world.applied(world.planned())
    assert state_of(world.outside / "own.tfstate")["outputs"]["word"]["value"] == "one"


def test_vars_of_every_kind_arrive_as_they_are(world: World) -> None:
    values = {
        "text": 'a "quoted" ${not} %{a} template\n',
        "number": 3,
        "flag": True,
        "list": ["a", "b"],
        "map": {"k": {"n": [1]}},
        "numeric_text": "007",
    }
    types = {"number": "number", "flag": "bool", "list": "list(string)", "map": "any"}
    declared = "".join(f'variable "{name}" {{ type = {types.get(name, "string")} }}\n' for name in values)
    world.write(
        {
            "main.tf": declared
            + 'output "all" { value = jsonencode(['
            + ", ".join(f"var.{n}" for n in values)
            + "]) }\n"
        }
    )
    world.stack = StackDefinition(name="prod/app", vars=values)
    assert json.loads(str(world.applied(world.planned()).outputs["all"])) == list(values.values())


def test_var_files_are_found_beside_the_stack_file_and_vars_win_over_them(world: World) -> None:
    world.write({"stacks/app/root/main.tf": SIMPLE, "stacks/app/a.tfvars": 'word = "a"\n'})
    world.write({"stacks/app/env/b.tfvars": 'word = "b"\n'})
    world.stack = StackDefinition(
        name="prod/app", path="stacks/app/root", var_files=("a.tfvars", "env/b.tfvars")
    )
    folder = world.tree / "stacks" / "app"
    named = world.planned(folder=folder)
    assert named.document is not None
    assert named.document["variables"]["word"]["value"] == "b"
    world.stack = replace(world.stack, vars={"word": "c"})
    over = world.planned(folder=folder)
    assert over.document is not None
    assert over.document["variables"]["word"]["value"] == "c"


def test_the_folder_of_var_files_follows_from_a_path_that_goes_down(world: World) -> None:
    world.write({"root/main.tf": SIMPLE, "a.tfvars": 'word = "a"\n'})
    world.stack = StackDefinition(name="prod/app", path="./root", var_files=("a.tfvars",))
    planned = world.planned()
    assert planned.document is not None
    assert planned.document["variables"]["word"]["value"] == "a"


def test_a_path_that_goes_up_needs_the_folder(world: World) -> None:
    execution = world.execution()
    stack = replace(world.stack, path="../main", var_files=("a.tfvars",))
    with pytest.raises(BadStackFile, match="var_files"):
        world.engine.plan(replace(execution, stack=stack))


def test_a_broken_module_fails_with_terraforms_diagnostics_and_their_place(world: World) -> None:
    world.write({"main.tf": 'resource "terraform_data" "a" {\n  input = var.nope\n}\n'})
    failed = world.failed()
    assert (failed.command, failed.exit_code, failed.signal) == ("plan", 1, None)
    [problem] = failed.diagnostics
    assert (problem.summary, problem.file, problem.line) == (
        "Reference to undeclared input variable",
        "main.tf",
        2,
    )
    assert "Error: Reference to undeclared input variable" in world.log
    assert "on main.tf line 2" in failed.tail


def test_a_failed_precondition_is_an_error_though_a_plan_file_was_written(world: World) -> None:
    world.write(
        {
            "main.tf": SIMPLE
            + 'output "p" {\n  value = 1\n  precondition {\n    condition = var.word == "x"\n'
            '    error_message = "no"\n  }\n}\n'
        }
    )
    failed = world.failed()
    assert failed.command == "plan"
    assert failed.diagnostics[0].summary == "Module output value precondition failed"


def test_a_plan_for_some_addresses_touches_only_these(world: World) -> None:
    world.write({"more.tf": 'resource "terraform_data" "b" {}\n'})
    planned = world.planned(targets=("terraform_data.b",))
    assert planned.document is not None
    assert [c["address"] for c in planned.document["resource_changes"]] == ["terraform_data.b"]
    assert any(d.summary == "Resource targeting is in effect" for d in planned.diagnostics)


def test_a_destroy_plan_deletes_everything(world: World) -> None:
    world.applied(world.planned())
    planned = world.planned(destroy=True)
    assert planned.document is not None
    assert planned.document["resource_changes"][0]["change"]["actions"] == ["delete"]
    assert world.applied(planned).outputs == {}


def test_resources_that_moved_outside_are_named_without_another_command(world: World, tmp_path: Path) -> None:
    world.engines = EnginesSettings(plugin_mirror=install(tmp_path / "mirror"), offline=True)
    cloud = world.outside / "cloud.json"
    world.write(
        {
            "main.tf": 'terraform {\n  required_providers {\n    cloudfile = { source = "driftline/cloudfile" }\n  }\n}\n'
            f'provider "cloudfile" {{ path = "{cloud}" }}\n'
            'resource "cloudfile_object" "a" {\n  name  = "a"\n  value = "one"\n'
            "  lifecycle { ignore_changes = [value] }\n}\n"
        }
    )
    world.applied(world.planned())
    document = json.loads(cloud.read_text())
    document["objects"]["a"]["value"] = "by hand"
    cloud.write_text(json.dumps(document))
    planned = world.planned()
    assert (planned.changed, planned.drifted_addresses) == (False, ("cloudfile_object.a",))


def test_nothing_that_a_run_leaves_can_be_read_by_others(world: World) -> None:
    world.applied(world.planned())
    trees = world.folder / "trees"
    open_ones = [
        path
        for path in world.folder.rglob("*")
        if not path.is_relative_to(trees) and path.stat().st_mode & 0o077
    ]
    assert open_ones == []


def test_the_shown_document_does_not_stay_on_the_disk(world: World) -> None:
    planned = world.planned()
    assert "terraform_data.a" in str(planned.document)
    assert not (planned.plan_file.parent / "show.jsonl").exists()


def test_a_secret_of_the_environment_does_not_reach_the_log(world: World) -> None:
    world.daemon = {"PATH": "/usr/local/bin:/usr/bin:/bin", "MY_TOKEN": "canary-1a2b3c"}
    world.engines = EnginesSettings(env=("MY_TOKEN",))
    world.write(
        {
            "main.tf": 'output "x" {\n  value = 1\n  precondition {\n    condition = false\n'
            '    error_message = "${file("/proc/self/environ") == "" ? "" : "canary-1a2b3c"}"\n  }\n}\n'
        }
    )
    failed = world.failed()
    assert "canary-1a2b3c" not in world.log
    assert "canary-1a2b3c" not in str(failed)


def test_a_module_outside_the_tree_or_through_a_symlink_is_refused(world: World) -> None:
    (world.tree / "link").symlink_to(world.folder)
    for path in ("..", "../..", "link", "nothing", "main.tf"):
        world.stack = StackDefinition(name="prod/app", path=path)
        with pytest.raises(ModuleMissing):
            world.execution()


def test_a_stacks_own_deadline_counts(world: World) -> None:
    world.timeouts = short(plan=60)
    world.stack = replace(world.stack, timeouts=StackTimeouts(plan=short(plan=0.3).plan))
    world.write({"main.tf": 'data "external" "x" { program = ["sleep", "60"] }\n'})
    assert world.engine._limit(world.execution(), "plan") == 0.3
