"""An object that was replaced and could not be destroyed: a failed apply, and a finding that names it."""

from collections.abc import Iterator

import pytest
from beginnings import Beginnings, with_provider
from world import ANA, World

from runner.model.drift.report import Finding
from runner.model.plan.text import render
from runner.model.run.life import Run, State
from runner.service.operator import lock, request

SWAPPED = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path = "{cloud}"
}}
resource "cloudfile_object" "o" {{
  name = "{value}"
  lifecycle {{ create_before_destroy = true }}
}}
"""


@pytest.fixture
def begun(beginnings: Beginnings) -> Iterator[tuple[World, Run]]:
    world, failed = beginnings.world(fail, with_provider)
    yield world, failed
    world.leave()


@pytest.fixture
def world(begun: tuple[World, Run]) -> World:
    return begun[0]


@pytest.fixture
def failed(begun: tuple[World, Run]) -> Run:
    return begun[1]


def fail(world: World) -> Run:
    world.applied(value="one", body=SWAPPED)
    world.cloud_set("one", fail_apply="in use")
    (planned,) = world.push(value="two", body=SWAPPED)
    world.approve(planned)
    (ended,) = world.work()
    return ended


def check(world: World) -> Run:
    runs, _ = request.request_check(world.app.control, ["web"], ANA)
    (done,) = [run for run in world.work() if run.id == runs[0].id]
    return done


def test_it_is_a_failed_apply_that_names_the_address(world: World, failed: Run) -> None:
    assert failed.state is State.APPLY_FAILED
    assert failed.reason == "in use; not destroyed: the replaced object of cloudfile_object.o"
    lock.release(world.app.control, "web", ANA, "looked")


def test_the_check_says_which_object_is_left_of_which_revision(world: World, failed: Run) -> None:
    done = check(world)
    assert done.state is State.NO_CHANGES
    assert "not destroyed: cloudfile_object.o (deposed object " in done.reason
    assert failed.name in done.reason


def test_the_next_plan_destroys_it_by_name_and_fails_the_same_way(world: World, failed: Run) -> None:
    lock.release(world.app.control, "web", ANA, "looked")
    (planned,) = world.work()
    with world.app.store.reading() as reader:
        changes = reader.changes(planned.id)
    assert changes is not None
    (resource,) = changes.resources
    assert f"deposed object {resource.deposed}" in render(changes)
    world.approve(planned)
    (ended,) = world.work()
    assert (ended.state, ended.reason) == (State.APPLY_FAILED, failed.reason)


def test_one_left_of_the_applied_revision_is_drift_by_its_name(world: World, failed: Run) -> None:
    lock.release(world.app.control, "web", ANA, "looked")
    with world.app.store.writing() as writer:
        writer.mark_applied(failed)
    assert check(world).state is State.DRIFTED
    found = world.report()
    assert found is not None
    (finding,) = found.findings
    assert isinstance(finding, Finding)
    assert finding.deposed
