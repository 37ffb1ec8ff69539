"""`driftline policy`: which policies there are, how their tests end, and what a plan would meet."""

import json
from pathlib import Path

import pytest
from cli_world import World

POLICY = """\
package main

deny[m] { input.resource_changes[_].change.actions[_] == "delete"; m := "it destroys" }
approvals = 2 { input.stack.labels.env == "test" }
"""
TESTS = 'package main\n\ntest_create { count(deny) == 0 with input as {"resource_changes": []} }\n'
CHANGE = {
    "address": "terraform_data.it",
    "mode": "managed",
    "type": "terraform_data",
    "name": "it",
    "provider_name": "terraform.io/builtin/terraform",
    "change": {
        "before": None,
        "after": None,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    },
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "a.rego").write_text(POLICY)
    (folder / "a_test.rego").write_text(TESTS)
    world = World(tmp_path, more=f'policies: [{{name: base, path: {folder}, match: {{stacks: ["web"]}}}}]')
    world.stack("web", module="")
    world.run("source", "sync")
    return world


def plan(world: World, action: str) -> str:
    file = world.root / "plan.json"
    change = {**CHANGE, "change": {**CHANGE["change"], "actions": [action]}}  # type: ignore[dict-item]
    configuration: dict[str, object] = {"root_module": {}}
    document = {"format_version": "1.2", "resource_changes": [change], "configuration": configuration}
    file.write_text(json.dumps(document))
    return str(file)


def test_the_list_says_what_reaches_which_stack(world: World) -> None:
    [row] = world.json("policy", "list")
    assert (row["name"], row["stacks"], row["problem"]) == ("base", ["web"], None)


def test_the_list_names_a_policy_that_denies_everything(world: World) -> None:
    (world.root / "policies" / "a.rego").write_text("package main\n\ndeny[m] { input. }")
    assert "✗ denies every plan" in world.run("policy", "list", expect=1).output
    warned = world.run("config", "validate").output
    assert 'policy "base" denies every plan: a.rego:3:' in warned


def test_a_policy_that_reaches_no_stack_is_told(world: World) -> None:
    world.more = world.more.replace('"web"', '"wbe"')
    world.configured()
    assert '"base" of policies matches no stack' in world.run("config", "validate").output


def test_tests_pass_or_fail(world: World) -> None:
    folder = str(world.root / "policies")
    assert "PASS   main.test_create" in world.run("policy", "test", folder).output
    (world.root / "policies" / "b_test.rego").write_text("package main\n\ntest_no { false }\n")
    assert "FAIL   main.test_no" in world.run("policy", "test", folder, expect=1).output


def test_a_folder_without_tests_is_no_success(world: World) -> None:
    (world.root / "policies" / "a_test.rego").unlink()
    assert "has no tests" in world.run("policy", "test", str(world.root / "policies"), expect=1).output


def test_a_plan_that_is_denied_says_by_what(world: World) -> None:
    page = world.json("policy", "eval", "--plan", plan(world, "delete"), "--stack", "web", expect=3)
    assert page["decision"] == "deny"
    assert page["policies"][0]["denials"] == ["it destroys"]
    assert page["approvals"] == 2
    assert not world.json("run", "list")


def test_guard_rails_decide_too(world: World) -> None:
    world.more += "\nguardrails: {max_changes: 0}"
    world.configured()
    assert "max_changes is 0" in world.run("policy", "eval", "--plan", plan(world, "create"), expect=3).output


def test_a_plan_that_passes_exits_with_0(world: World) -> None:
    assert "✔ passes" in world.run("policy", "eval", "--plan", plan(world, "create"), "--stack", "web").output


def test_doctor_names_what_denies_every_plan(world: World) -> None:
    world.more += "\nchecks: [{name: scan, command: [no-such-scanner, '{plan}'], blocking: true}]"
    world.configured()
    (world.root / "policies" / "a.rego").unlink()
    said = [row["message"] for row in world.json("doctor", expect=1) if row["check"] == "policies"]
    assert said == [
        'policy "base" denies every plan: it has no .rego files besides tests',
        'check "scan" denies every plan: no-such-scanner is not installed',
    ]


def test_a_plan_file_that_is_not_json_is_named_with_the_way_on(world: World) -> None:
    binary = world.root / "plan.tfplan"
    binary.write_bytes(b"PK\x03\x04\x8d")
    refused = world.run("policy", "eval", "--plan", str(binary), expect=64).stderr
    assert "plan.tfplan is not a plan as JSON" in refused
    assert "terraform show -json PLANFILE > plan.json" in refused
