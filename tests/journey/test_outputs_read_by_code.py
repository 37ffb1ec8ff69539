"""What a stack reads of another one's state by terraform_remote_state: found in the code, and no drift when it changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from world import ANA, World

from runner.model.drift.report import DriftClass
from runner.model.run.life import Run, State, Trigger
from runner.model.stack.definition import DriftStatus
from runner.service.operator import request

NET = """\
terraform {
  backend "local" { path = "STATES/net.tfstate" }
}
resource "terraform_data" "net" { input = "VALUE" }
output "vpc_id" { value = "vpc-VPC" }
output "unused" { value = "VALUE" }
"""
APP = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" { path = "CLOUD" }
data "terraform_remote_state" "net" {
  backend = "local"
  config  = { path = "STATES/net.tfstate" }
}
resource "cloudfile_object" "app" {
  name  = "app"
  value = data.terraform_remote_state.net.outputs["vpc_id"]
}
resource "cloudfile_object" "other" {
  name  = "other"
  value = "fixed"
}
"""


def write(world: World, value: str = "one", vpc: str = "1") -> None:
    texts = {"STATES": f"{world.root}/states", "VALUE": value, "VPC": vpc, "CLOUD": str(world.cloud)}
    files = {"net/main.tf": NET, "app/main.tf": APP}
    for name, text in files.items():
        for word, meant in texts.items():
            text = text.replace(word, meant)  # noqa: PLW2901
        files[name] = text
    files |= {"net/stack.yaml": "name: net\n", "app/stack.yaml": "name: app\ndepends_on: [net]\n"}
    world.commit_files({**files})
    world.poll()


def apply_all(world: World) -> list[str]:
    applied: list[str] = []
    world.work()
    while waiting := world.runs(states=frozenset({State.AWAITING_APPROVAL})):
        for run in waiting:
            world.approve(run)
        applied += [run.stack for run in world.work() if run.state is State.APPLIED]
    return applied


@pytest.fixture
def world(beginnings: Beginnings) -> Iterator[World]:
    """Both are applied."""
    with beginnings.lent(apply_both, with_a_folder_of_states) as world:
        yield world


def with_a_folder_of_states(root: Path) -> World:
    made = World(root, providers=True)
    text = made.config.read_text()
    url = f'url: "{root}/repository"'
    allowed = f'{url}, allow: {{state_folders: ["{root}/states"]}}'
    made.config.write_text(text.replace(url, allowed))
    return made


def apply_both(world: World) -> None:
    write(world)
    assert apply_all(world) == ["net", "app"]


def checked(world: World) -> Run:
    request.request_check(world.app.control, ["app"], ANA)
    (run,) = [run for run in world.work() if run.stack == "app" and run.kind == "drift"]
    return run


def test_a_used_output_is_a_reason_to_plan_and_no_drift_and_an_unused_one_is_neither(world: World) -> None:
    write(world, value="two")
    assert apply_all(world) == ["net"]
    write(world, value="two", vpc="2")
    (planned,) = world.work()
    world.approve(planned)
    (_, follows) = world.work()
    assert (follows.stack, follows.trigger) == ("app", Trigger.OUTPUT)
    assert follows.reason == "" or "vpc_id of net" in follows.reason
    check = checked(world)
    assert check.state is State.NO_CHANGES, check.reason
    assert check.reason == "clean (1 to update, since output vpc_id of net changed)"
    assert apply_all(world) == ["app"]
    assert world.cloud_value("app") == "vpc-2"


def test_what_moved_outside_is_drift_although_an_output_changed(world: World) -> None:
    write(world, vpc="2")
    (planned,) = world.work()
    world.approve(planned)
    world.work()
    world.cloud_set("other", value="by hand")
    assert checked(world).state is State.DRIFTED
    report = world.report("app")
    assert report is not None
    assert {one.address: one.drift_class for one in report.findings} == {
        "cloudfile_object.app": DriftClass.UPSTREAM,
        "cloudfile_object.other": DriftClass.DRIFT,
    }
    world.cloud_set("app", value="by hand")
    assert checked(world).state is State.DRIFTED
    report = world.report("app")
    assert report is not None
    assert {one.drift_class for one in report.findings} == {DriftClass.DRIFT}
    assert world.look("app").drift is DriftStatus.DRIFTED
