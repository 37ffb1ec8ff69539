"""Actions of terraform 1.14 and later are changes: shown, counted, approved, and reported when they fail."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded.players import Players, edit
from recorded.recording import recorded
from world import ANA, World

from runner.errors import GuardrailHit
from runner.model.changes.changes import ChangeSet
from runner.model.plan.text import render
from runner.model.run.life import Run, State
from runner.model.settings.guardrails import Guardrails
from runner.model.settings.source import Allow
from runner.service.operator import request
from runner.view.changes import changes_view
from runner.view.document import document
from runner.view.run import run_row

ARGUMENTS: list[str | int] = ["action_invocations", 0, "config_values", "arguments"]
Acting = Callable[..., World]


@pytest.fixture
def acting(tmp_path: Path, players: Players) -> Acting:
    """A world whose engine plays what terraform 1.15 or 1.16 said of an action."""

    def made(scenario: str = "action", version: str = "1.15.9", **allow: Any) -> World:
        binary = players("terraform", version, scenario)
        world = World(
            tmp_path, "executor: {confine: never}\n", engines=f"  terraform: {{binary: {binary}}}\n"
        )
        source = replace(world.settings.sources[0], allow=Allow(**{"provisioners": True, **allow}))
        world.configure(replace(world.settings, sources=(source,)))
        world.commit_files(
            {
                "web/main.tf": recorded("terraform", version, scenario).code["main.tf"],
                "web/stack.yaml": "name: web\n",
            }
        )
        return world

    return made


def engine(world: World) -> Path:
    return Path(world.settings.engines.terraform.binary or "")


def planned(world: World) -> Run:
    world.poll()
    (run,) = world.work()
    return run


def changes(world: World, run: Run) -> ChangeSet:
    with world.app.store.reading() as reader:
        found = reader.changes(run.id)
    assert found is not None
    return found


def test_an_action_is_shown_with_its_trigger_and_its_configuration(acting: Acting) -> None:
    world = acting()
    shown = render(changes(world, planned(world)))
    assert "Plan: 1 to create, 1 to invoke" in shown
    assert "Invokes (1):\n  ! action.local_command.say after terraform_data.a is created\n" in shown
    assert '+ arguments = ["said"]' in shown
    assert '+ command   = "echo"' in shown


def test_an_action_is_counted_and_reported_in_json(acting: Acting) -> None:
    world = acting()
    run = planned(world)
    output = document(changes_view(changes(world, run)))
    assert document(run_row(run))["summary"]["action"] == output["summary"]["action"] == 1
    (action,) = output["actions"]
    assert (action["type"], action["trigger"]) == ("local_command", "after terraform_data.a is created")
    assert {one["path"]: one["after"] for one in action["configuration"]} == {
        "arguments": ["said"],
        "command": "echo",
    }
    json.dumps(output)


def test_a_sensitive_action_argument_is_masked_and_an_unknown_one_named(acting: Acting) -> None:
    world = acting()
    edit(
        engine(world),
        (["action_invocations", 0, "config_sensitive"], {"arguments": True}),
        (["action_invocations", 0, "config_unknown"], {"stdin": True}),
    )
    shown = render(changes(world, planned(world)))
    assert '"said"' not in shown
    assert "+ arguments = (sensitive value)" in shown
    assert "+ stdin     = (known after apply)" in shown


def test_an_action_with_another_effect_is_not_invoked_under_the_old_approval(acting: Acting) -> None:
    world = acting()
    run = planned(world)
    world.approve(run)
    edit(engine(world), (ARGUMENTS, ["other"]))
    world.age(hours=1)
    world.work()
    after = world.run(run.id)
    assert after.state is State.SUPERSEDED
    assert after.reason == "planned again: arguments of action.local_command.say changed"


def test_an_action_with_the_same_effect_is_invoked_after_planning_again(acting: Acting) -> None:
    world = acting()
    run = planned(world)
    world.approve(run)
    world.age(hours=1)
    (done,) = world.work()
    assert (done.state, done.reason) == (State.APPLIED, "")
    log = world.app.workspaces.log(run.id).read_text()
    assert "Action started: action.local_command.say" in log
    assert "Action complete: action.local_command.say" in log


def test_a_type_of_action_that_the_source_does_not_allow_fails_the_plan(acting: Acting) -> None:
    run = planned(acting(actions=("aws_*",)))
    assert run.state is State.PLAN_FAILED
    assert "local_command is not among allow.actions" in run.reason


def test_an_action_that_runs_commands_needs_permission_for_provisioners(acting: Acting) -> None:
    world = acting(provisioners=False)
    world.poll()
    with world.app.store.reading() as reader:
        source = reader.source("infra")
    assert "allow.provisioners" in " ".join([*source.problems, *(run.reason for run in world.work())])


def test_a_guard_rail_asks_for_the_name_of_the_stack_before_an_action(acting: Acting) -> None:
    world = acting()
    world.configure(replace(world.settings, guardrails=Guardrails(actions=("local_*",))))
    run = planned(world)
    assert "action.local_command.say would be invoked after terraform_data.a is created" in run.reason
    with pytest.raises(GuardrailHit):
        world.approve(run)
    assert world.approve(run, typed_name="web").state is State.APPROVED


def test_an_action_that_fails_is_distinguished_from_a_resource_that_fails(acting: Acting) -> None:
    world = acting("action-fails")
    run = planned(world)
    world.approve(run)
    (done,) = world.work()
    assert done.state is State.APPLY_FAILED
    assert done.reason.startswith("action action.local_command.say failed: ")


def test_an_action_that_may_fail_leaves_an_apply_with_a_warning(acting: Acting) -> None:
    world = acting("action-fails", "1.16.0-rc2")
    trigger: list[str | int] = ["action_invocations", 0, "lifecycle_action_trigger", "on_failure"]
    edit(engine(world), (trigger, "ActionOnFailureContinue"), exit_code=0)
    run = planned(world)
    assert "and the apply continues if it fails" in render(changes(world, run))
    world.approve(run)
    (done,) = world.work()
    assert done.state is State.APPLIED
    assert "action.local_command.say failed" in done.reason
    with world.app.store.reading() as reader:
        (warning,) = [one for one in reader.diagnostics(run.id) if one.severity == "warning"]
    assert "on_failure = continue" in warning.summary


def test_an_invocation_of_an_unknown_shape_fails_the_plan(acting: Acting) -> None:
    world = acting()
    edit(engine(world), (["action_invocations", 0, "nightly_trigger"], {}))
    run = planned(world)
    assert run.state is State.PLAN_FAILED
    assert "nightly_trigger" in run.reason


def test_a_drift_check_of_a_stack_with_an_action_applies_nothing(acting: Acting) -> None:
    world = acting()
    run = planned(world)
    world.approve(run)
    world.work()
    request.request_check(world.app.control, ["web"], ANA)
    (check,) = world.work()
    assert check.state in {State.DRIFTED, State.NO_CHANGES}
