"""Parts of a newer revision are no drift of the cloud, and nothing sets them back."""

from collections.abc import Iterator

import pytest
from beginnings import Beginnings, with_provider
from world import ANA, BO, World

from runner.errors import PartlyApplied
from runner.model.drift.report import DriftClass, Finding
from runner.model.run.life import Run, State, Trigger
from runner.model.stack.definition import DriftStatus
from runner.service.drift.partly import partly_applied
from runner.service.operator import lock, report, request

TWO = """\
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path = "{cloud}"
}}
resource "cloudfile_object" "first" {{
  name  = "first"
  value = "{value}"
}}
resource "cloudfile_object" "second" {{
  name       = "second"
  value      = "{value}"
  depends_on = [cloudfile_object.first]
}}
"""
# What a probe says is compared with a plain plan in tests/probe, and here each stack would be checked by both.
PROPOSE = "drift: {action: propose, probe: never}\n"


@pytest.fixture
def world(beginnings: Beginnings) -> Iterator[World]:
    """Two objects, both at `one`."""
    world, _ = beginnings.world(two_applied, with_provider)
    yield world
    world.leave()


@pytest.fixture
def half(beginnings: Beginnings) -> Iterator[tuple[World, Run]]:
    """With the run that has failed."""
    world, failed = beginnings.world(half_applied, with_provider)
    yield world, failed
    world.leave()


def check(world: World) -> Run:
    runs, _ = request.request_check(world.app.control, ["web"], ANA)
    (done,) = [run for run in world.work() if run.id == runs[0].id]
    return done


def two_applied(world: World) -> None:
    world.applied(value="one", rules=PROPOSE, body=TWO)


def half_applied(world: World, body: str = TWO) -> Run:
    """The first object is at `two`, the second at `one`."""
    two_applied(world)
    return half_apply(world, body)


def half_apply(world: World, body: str = TWO) -> Run:
    world.cloud_set("second", fail_apply="no quota")
    (planned,) = world.push(value="two", rules=PROPOSE, body=body)
    world.approve(planned)
    (ended,) = world.work()
    assert ended.state is State.APPLY_FAILED, ended
    return ended


def counted(world: World) -> list[Finding]:
    found = world.report()
    assert found is not None
    return [finding for finding in found.findings if finding.counts]


def test_the_effect_of_a_half_applied_change_is_not_drift(half: tuple[World, Run]) -> None:
    world, failed = half
    done = check(world)
    assert (done.state, world.report()) == (State.NO_CHANGES, None)
    assert world.look().drift is DriftStatus.CLEAN
    assert f"1 of {failed.revision[:12]}, left by {failed.name}" in done.reason
    assert not [run for run in world.runs() if run.trigger is Trigger.HEAL]


def test_the_next_plan_is_of_the_newest_revision(half: tuple[World, Run]) -> None:
    world, failed = half
    check(world)
    lock.release(world.app.control, "web", ANA, "looked")
    (planned,) = world.work()
    assert (planned.state, planned.revision) == (State.AWAITING_APPROVAL, failed.revision)


def test_outside_changes_since_are_drift_and_the_rest_is_not(half: tuple[World, Run]) -> None:
    world, failed = half
    world.cloud_set("second", value="by hand")
    assert check(world).state is State.DRIFTED
    (finding,) = counted(world)
    assert finding.address == "cloudfile_object.second"
    found = world.report()
    assert found is not None
    partial = [one for one in found.findings if one.drift_class is DriftClass.PARTIAL]
    assert [(one.address, one.run, one.revision) for one in partial] == [
        ("cloudfile_object.first", failed.name, failed.revision)
    ]
    assert not [run for run in world.runs() if run.trigger is Trigger.HEAL]


def test_what_a_run_wrote_is_drift_once_somebody_else_changes_it(half: tuple[World, Run]) -> None:
    world, _ = half
    world.cloud_set("first", value="by hand")
    check(world)
    (finding,) = counted(world)
    assert finding.address == "cloudfile_object.first"
    assert [(one.path, one.before) for one in finding.attributes if one.path == "value"] == [
        ("value", "by hand")
    ]


def test_a_secret_that_a_run_wrote_is_drift_once_it_moved(world: World) -> None:
    secret = TWO.replace('  value = "{value}"\n}}', '  value = "{value}"\n  secret = "{value}-secret"\n}}', 1)
    half_apply(world, secret)
    assert check(world).state is State.NO_CHANGES
    world.cloud_set("first", secret="by-hand-4711")
    check(world)
    (finding,) = counted(world)
    assert "secret" in [one.path for one in finding.attributes]
    assert "by-hand-4711" not in str(finding)


def test_drift_that_was_there_before_is_still_drift(world: World) -> None:
    world.cloud_set("second", tags={"by": "hand"}, fail_apply="no quota")
    (planned,) = world.push(value="two", body=TWO)
    world.approve(planned)
    world.work()
    check(world)
    (finding,) = counted(world)
    assert finding.address == "cloudfile_object.second"
    assert [one.path for one in finding.attributes if "tags" in one.path]
    assert not [one.path for one in finding.attributes if one.path == "value"]


def test_nobody_heals_to_the_older_revision(half: tuple[World, Run]) -> None:
    world, _ = half
    world.cloud_set("second", value="by hand")
    check(world)
    lock.release(world.app.control, "web", ANA, "looked")
    with pytest.raises(PartlyApplied, match="parts of revision"):
        report.heal(world.app.control, 1, ANA)


def test_what_a_targeted_apply_did_is_no_drift(world: World) -> None:
    world.stack(value="two", body=TWO)
    world.poll()
    run = request.request_plan(
        world.app.control, world.app.discoverer, "web", BO, targets=["cloudfile_object.first"]
    )
    (planned,) = [one for one in world.work() if one.id == run.id]
    world.approve(planned)
    ended = world.work()
    assert ended[0].state is State.APPLIED
    assert check(world).state is State.NO_CHANGES
    assert "left by" in world.look().drift_reason
    with world.app.store.reading() as reader:
        assert [(one.run, one.outcome) for one in partly_applied(reader, "web")] == [(run.name, "targeted")]


def test_an_object_of_the_newer_revision_is_drift_only_once_it_changes(
    world: World,
) -> None:
    third = TWO + 'resource "cloudfile_object" "third" {{\n  name = "third"\n  value = "new"\n}}\n'
    half_apply(world, third)
    assert check(world).state is State.NO_CHANGES
    world.cloud_set("third", value="by hand")
    check(world)
    (finding,) = counted(world)
    assert ("value", "by hand", "new") in [(one.path, one.before, one.after) for one in finding.attributes]
    world.cloud_delete("third")
    check(world)
    (finding,) = counted(world)
    assert (finding.address, finding.drift_class) == ("cloudfile_object.third", DriftClass.MISSING)


def test_what_a_half_done_destroy_took_away_is_not_missing(world: World) -> None:
    world.cloud_set("first", fail_apply="in use")
    request.request_plan(world.app.control, world.app.discoverer, "web", BO, destroy=True)
    (planned,) = world.work()
    world.approve(planned, typed_name="web")
    assert world.work()[0].state is State.APPLY_FAILED
    assert check(world).state is State.NO_CHANGES


def test_after_applying_the_newest_revision_everything_is_compared_with_it(half: tuple[World, Run]) -> None:
    world, _ = half
    world.cloud_set("second", fail_apply=None)
    lock.release(world.app.control, "web", ANA, "looked")
    (planned,) = world.work()
    world.approve(planned)
    assert world.work()[0].state is State.APPLIED
    with world.app.store.reading() as reader:
        assert partly_applied(reader, "web") == ()
    world.cloud_set("first", value="by hand")
    assert check(world).state is State.DRIFTED
